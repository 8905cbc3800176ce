package io.talchum.model.onnx;

import io.talchum.core.ModelSpec;
import io.talchum.core.ServeException;
import io.talchum.model.LogitRows;
import io.talchum.model.onnx.kv.KvScales;
import io.talchum.model.onnx.kv.KvSlots;
import io.talchum.weights.pack.ModelPackage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Finds the scales of an int8 KV cache: runs a text through an fp32 cache and takes the largest
 * magnitude of every channel.
 *
 * <p>Channels that rotary embedding rotates into each other share the length of their pair: it does
 * not depend on the position, so that no position clips what another one would not.
 */
public final class KvCalibration {
  private static final int MAX_INT8 = 127;
  private static final int PREFILL_TOKENS = 64;

  /** Scales are at least this share of the layer's largest: silent channels stay usable. */
  private static final float LEAST = 1e-3f;

  private final ModelPackage weights;
  private final ModelSpec spec;
  private final float[][] keys; // [layers] of [kvHeads * headDim], largest magnitudes
  private final float[][] values;

  private KvCalibration(ModelPackage weights) {
    this.weights = weights;
    this.spec = weights.manifest().spec();
    this.keys = new float[spec.layers()][spec.kvHeads() * spec.headDim()];
    this.values = new float[spec.layers()][spec.kvHeads() * spec.headDim()];
  }

  /**
   * Opens the model with an fp32 cache, reads the sequences and closes it again.
   *
   * @param sequences token ids; each is cut at the model's context
   */
  public static KvScales run(ModelPackage weights, List<int[]> sequences, int threads) {
    KvCalibration calibration = new KvCalibration(weights);
    calibration.read(sequences, threads);
    return new KvScales(scales(calibration.keys), scales(calibration.values));
  }

  private void read(List<int[]> sequences, int threads) {
    int longest = sequences.stream().mapToInt(ids -> ids.length).max().orElse(0);
    if (longest == 0) {
      throw ServeException.invalid("kv", "a calibration needs at least one token");
    }
    int context = Math.min(longest, spec.maxContextTokens());
    ExecutorOptions options = new ExecutorOptions(1, context, PREFILL_TOKENS, threads, true);
    try (OnnxModelExecutor executor = OnnxModelExecutor.open(weights, options)) {
      for (int[] sequence : sequences) {
        int[] ids = Arrays.copyOf(sequence, Math.min(sequence.length, context));
        executor.expect(0, ids);
        for (int start = 0; start < ids.length; start += PREFILL_TOKENS) {
          int end = Math.min(ids.length, start + PREFILL_TOKENS);
          executor.prefill(0, start, Arrays.copyOfRange(ids, start, end), LogitRows.NONE);
        }
        widen(executor.kv(), ids.length);
      }
    }
  }

  private void widen(KvSlots kv, int tokens) {
    for (int layer = 0; layer < spec.layers(); layer++) {
      int pairs = spec.attention().ropeOf(layer).inverseFrequencies().size();
      for (int head = 0; head < spec.kvHeads(); head++) {
        for (int position = 0; position < tokens; position++) {
          widen(keys[layer], head, kv.key(layer, head, position), pairs);
          widen(values[layer], head, kv.value(layer, head, position), 0);
        }
      }
    }
  }

  /** Channels i and i + pairs are a pair for i below pairs; the others stand alone. */
  private void widen(float[] largest, int head, float[] numbers, int pairs) {
    int first = head * spec.headDim();
    for (int i = 0; i < numbers.length; i++) {
      float magnitude =
          i < 2 * pairs
              ? (float) Math.hypot(numbers[i % pairs], numbers[i % pairs + pairs])
              : Math.abs(numbers[i]);
      largest[first + i] = Math.max(largest[first + i], magnitude);
    }
  }

  private static List<float[]> scales(float[][] largest) {
    List<float[]> scales = new ArrayList<>();
    for (float[] layer : largest) {
      float most = 0;
      for (float magnitude : layer) {
        most = Math.max(most, magnitude);
      }
      float least = most == 0 ? 1 : most * LEAST;
      float[] scale = new float[layer.length];
      for (int i = 0; i < layer.length; i++) {
        scale[i] = Math.max(layer[i], least) * KvScales.MARGIN / MAX_INT8;
      }
      scales.add(scale);
    }
    return scales;
  }
}
