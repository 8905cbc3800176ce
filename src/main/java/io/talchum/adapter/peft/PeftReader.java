package io.talchum.adapter.peft;

import com.fasterxml.jackson.databind.JsonNode;
import io.talchum.adapter.AdapterContent;
import io.talchum.adapter.AdapterReader;
import io.talchum.adapter.AdapterWeights;
import io.talchum.adapter.BaseWeights;
import io.talchum.adapter.folder.AdapterConfigFields;
import io.talchum.adapter.folder.AdapterFolder;
import io.talchum.adapter.folder.ConfigJson;
import io.talchum.adapter.folder.FormatReader;
import io.talchum.adapter.folder.TensorSource;
import io.talchum.weights.safetensors.SafetensorsFile;
import java.nio.file.Path;
import java.util.List;

/**
 * Reads adapter folders as PEFT writes them, strictly: every option is honoured, harmless or
 * refused, every tensor is used or refused by its name. Any thread.
 */
public final class PeftReader implements AdapterReader {
  private static final String FORMAT = "talchum adapter 1 ";

  private final BaseWeights base;

  public PeftReader(BaseWeights base) {
    this.base = base;
  }

  @Override
  public AdapterContent read(Path folder) {
    AdapterFolder files = AdapterFolder.open(folder);
    return FormatReader.named(
        files.name(),
        () -> {
          AdapterConfigFields config = ConfigJson.read(files.config());
          PeftKind kind = PeftKinds.of(config);
          kind.options().check(config);
          try (SafetensorsFile file = SafetensorsFile.openConfined(files.weights())) {
            return read(files, config, kind, file);
          }
        });
  }

  private AdapterContent read(
      AdapterFolder files, AdapterConfigFields config, PeftKind kind, SafetensorsFile file) {
    TensorSource tensors = new TensorSource(file, FORMAT + kind.type());
    PeftSource source = new PeftSource(config, tensors, base);
    List<AdapterWeights> tasks =
        kind.tasks(source).stream()
            .map(primitives -> AdapterWeights.of(Merged.biases(primitives)))
            .toList();
    tensors.requireAllTaken(name -> "is used by nothing in an adapter of the kind " + kind.type());
    for (String key : kind.options().counted()) {
      JsonNode value = config.get(key);
      if (!AdapterConfigFields.isOff(value)) {
        tensors.count(key);
        tensors.count(value.toString());
      }
    }
    AdapterContent content =
        AdapterContent.of(
            kind.type(),
            tensors.version(),
            files.name(),
            tensors.takenBytes(),
            tasks.getFirst(),
            base.spec());
    return kind.hasTasks() ? content.withVariants(tasks) : content;
  }
}
