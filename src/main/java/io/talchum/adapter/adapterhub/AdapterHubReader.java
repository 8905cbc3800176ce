package io.talchum.adapter.adapterhub;

import com.fasterxml.jackson.databind.JsonNode;
import io.talchum.adapter.AdapterContent;
import io.talchum.adapter.AdapterDirectory;
import io.talchum.adapter.AdapterPrimitive;
import io.talchum.adapter.AdapterWeights;
import io.talchum.adapter.Bottleneck;
import io.talchum.adapter.folder.AdapterConfigFields;
import io.talchum.adapter.folder.AdapterFormat;
import io.talchum.adapter.folder.ConfigJson;
import io.talchum.adapter.folder.FolderFiles;
import io.talchum.adapter.folder.FormatReader;
import io.talchum.adapter.folder.TensorSource;
import io.talchum.core.ModelSpec;
import io.talchum.weights.safetensors.SafetensorsFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads folders of AdapterHub's library (adapters 1.3): bottlenecks, LoRA, prefix tuning, unions of
 * them, and fusions. Strict as the reader of PEFT's. Any thread.
 */
public final class AdapterHubReader implements AdapterFormat {
  static final String CONFIG = AdapterDirectory.CONFIG;
  static final String WEIGHTS = "adapter.safetensors";
  private static final String PICKLE = "pytorch_adapter.bin";
  private static final String FORMAT = "talchum adapter 1 HUB ";

  private final ModelSpec base;

  public AdapterHubReader(ModelSpec base) {
    this.base = base;
  }

  @Override
  public boolean takes(FolderFiles folder) {
    return folder.has(WEIGHTS) || folder.has(PICKLE) || folder.has(AdapterHubFusion.CONFIG);
  }

  @Override
  public AdapterContent read(Path path) {
    FolderFiles folder = FolderFiles.open(path);
    return FormatReader.named(
        folder.name(),
        () ->
            folder.has(AdapterHubFusion.CONFIG)
                ? AdapterHubFusion.read(folder, base)
                : whole(folder, single(folder)));
  }

  private AdapterContent whole(FolderFiles folder, Single single) {
    return AdapterContent.of(
        single.kind(),
        single.tensors().version(),
        folder.name(),
        single.tensors().takenBytes(),
        AdapterWeights.of(single.primitives()),
        base);
  }

  /** One adapter with all its tensors taken. */
  record Single(String kind, TensorSource tensors, List<AdapterPrimitive> primitives) {}

  private Single single(FolderFiles folder) {
    return single(folder, base, "");
  }

  /**
   * @param expectedName of the adapter, or empty for any
   */
  static Single single(FolderFiles folder, ModelSpec base, String expectedName) {
    if (!folder.has(WEIGHTS) && folder.has(PICKLE)) {
      throw folder.refuse(
          "holds its weights only as "
              + PICKLE
              + ", a pickle, which can run code and is never opened; save it as safetensors");
    }
    AdapterConfigFields root = ConfigJson.read(folder.file(CONFIG));
    AdapterHubOptions.FOLDER.check(root);
    String name = root.text("name", "");
    if (name.isEmpty() || !expectedName.isEmpty() && !name.equals(expectedName)) {
      throw AdapterConfigFields.refuse("name is '" + name + "'; it has to be the adapter's");
    }
    requireHidden(root, base);
    JsonNode config = root.get("config");
    if (!config.isObject()) {
      throw AdapterConfigFields.refuse(
          "config is " + AdapterConfigFields.show(config) + ", write an object");
    }
    try (SafetensorsFile file = SafetensorsFile.openConfined(folder.file(WEIGHTS))) {
      TensorSource tensors = new TensorSource(file, FORMAT);
      AdapterHubPart part =
          new AdapterHubPart(new AdapterConfigFields(config), name, tensors, base);
      List<AdapterPrimitive> primitives = primitives(part);
      tensors.requireAllTaken(key -> "is used by nothing in this adapter");
      tensors.count(config.toString());
      return new Single(kindOf(part.config()), tensors, primitives);
    }
  }

  static void requireHidden(AdapterConfigFields root, ModelSpec base) {
    int hidden = root.whole("hidden_size", base.hiddenSize(), 1, Integer.MAX_VALUE);
    if (hidden != base.hiddenSize()) {
      throw AdapterConfigFields.refuse(
          "hidden_size is " + hidden + ", the base has " + base.hiddenSize());
    }
  }

  private static List<AdapterPrimitive> primitives(AdapterHubPart part) {
    return switch (architecture(part.config())) {
      case "" -> new ArrayList<>(bottlenecks(part));
      case "lora" -> new AdapterHubLora(part).all();
      case "prefix_tuning" -> List.of(new AdapterHubPrefix(part).read());
      case "union" -> union(part);
      default ->
          throw AdapterConfigFields.refuse(
              "architecture is "
                  + AdapterConfigFields.show(part.config().get("architecture"))
                  + "; served are bottlenecks, lora, prefix_tuning and union");
    };
  }

  private static List<Bottleneck> bottlenecks(AdapterHubPart part) {
    List<Bottleneck> all = AdapterHubBottlenecks.read(part).all();
    if (all.isEmpty()) {
      throw AdapterConfigFields.refuse("mh_adapter and output_adapter are both off");
    }
    return all;
  }

  private static List<AdapterPrimitive> union(AdapterHubPart part) {
    AdapterHubOptions.UNION.check(part.config());
    JsonNode configs = part.config().get("configs");
    if (!configs.isArray() || configs.isEmpty() || configs.size() > 10) {
      throw AdapterConfigFields.refuse("configs has to be a list of 1 to 10 configurations");
    }
    List<AdapterPrimitive> primitives = new ArrayList<>();
    for (JsonNode config : configs) {
      if (!config.isObject() || architecture(new AdapterConfigFields(config)).equals("union")) {
        throw AdapterConfigFields.refuse("configs lists " + AdapterConfigFields.show(config));
      }
      primitives.addAll(primitives(part.with(new AdapterConfigFields(config))));
    }
    return primitives;
  }

  /** Empty for a bottleneck. */
  private static String architecture(AdapterConfigFields config) {
    return config.text("architecture", "");
  }

  private static String kindOf(AdapterConfigFields config) {
    String architecture = architecture(config);
    return "HUB_"
        + (architecture.isEmpty() ? "BOTTLENECK" : architecture.toUpperCase(java.util.Locale.ROOT));
  }
}
