package io.talchum.adapter.peft;

import io.talchum.adapter.AdapterContent;
import io.talchum.adapter.AdapterReader;
import io.talchum.adapter.AdapterWeights;
import io.talchum.adapter.BaseModule;
import io.talchum.adapter.LowRankDelta;
import io.talchum.adapter.folder.AdapterFolder;
import io.talchum.core.ContentHash;
import io.talchum.core.ErrorCode;
import io.talchum.core.ModelSpec;
import io.talchum.core.ServeException;
import io.talchum.weights.SafetensorsFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.IntSummaryStatistics;
import java.util.List;
import java.util.Map;

/**
 * Reads a LoRA folder as PEFT writes it, strictly: every tensor is consumed or refused by its name,
 * every module that the configuration selects has its tensors. Any thread.
 */
public final class PeftReader implements AdapterReader {
  private static final int MAX_MESSAGE = 1000;

  private final ModelSpec base;

  public PeftReader(ModelSpec base) {
    this.base = base;
  }

  @Override
  public AdapterContent read(Path folder) {
    AdapterFolder files = AdapterFolder.open(folder);
    try {
      PeftConfig config = PeftConfig.read(files.config());
      try (SafetensorsFile tensors = SafetensorsFile.open(files.weights())) {
        return read(files, config, tensors);
      }
    } catch (ServeException e) {
      throw new ServeException(
          ErrorCode.INVALID_ADAPTER, shorten("adapter " + files.name() + ": " + e.getMessage()), e);
    } catch (InternalError e) { // a mapped file that shrinks while it is read
      throw new ServeException(
          ErrorCode.INVALID_ADAPTER,
          "adapter " + files.name() + ": " + AdapterFolder.WEIGHTS + " changed while it was read",
          e);
    }
  }

  /** Names in hostile files can be very long. */
  private static String shorten(String message) {
    return message.length() <= MAX_MESSAGE ? message : message.substring(0, MAX_MESSAGE) + "...";
  }

  private AdapterContent read(AdapterFolder files, PeftConfig config, SafetensorsFile tensors) {
    Map<String, BaseModule> selected = config.select(base);
    List<LoraPair> pairs = LoraPair.match(tensors.tensors(), selected, config, base);
    PairLoader loader = new PairLoader(tensors);
    List<LowRankDelta> deltas = new ArrayList<>(pairs.size());
    pairs.forEach(pair -> deltas.addAll(loader.load(pair, base)));
    ContentHash version = loader.hash();
    IntSummaryStatistics ranks = pairs.stream().mapToInt(LoraPair::rank).summaryStatistics();
    long bytes = tensors.tensors().values().stream().mapToLong(t -> t.length()).sum();
    return new AdapterContent(
        PeftKinds.SERVED,
        version,
        files.name(),
        ranks.getMin(),
        ranks.getMax(),
        pairs.size(),
        bytes,
        AdapterWeights.of(deltas));
  }
}
