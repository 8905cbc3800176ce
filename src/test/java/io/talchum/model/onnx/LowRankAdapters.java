package io.talchum.model.onnx;

import io.talchum.adapter.AdapterWeights;
import io.talchum.adapter.LowRankDelta;
import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Random LoRAs of all linears. */
public final class LowRankAdapters {
  private LowRankAdapters() {}

  /**
   * @param size the largest magnitude in B; A is as large as keeps its outputs near the inputs
   */
  public static AdapterWeights random(ModelSpec spec, int rank, int seed, float size) {
    SplittableRandom random = new SplittableRandom(seed);
    List<LowRankDelta> deltas = new ArrayList<>();
    for (int layer = 0; layer < spec.layers(); layer++) {
      for (Linear linear : Linear.values()) {
        float[] a = new float[rank * spec.inputSize(linear)];
        float[] b = new float[rank * spec.outputSize(linear)];
        fill(a, random, (float) (1 / Math.sqrt(spec.inputSize(linear))));
        fill(b, random, size);
        deltas.add(new LowRankDelta(layer, linear, rank, 1, a, b));
      }
    }
    return AdapterWeights.of(deltas);
  }

  private static void fill(float[] values, SplittableRandom random, float size) {
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (2 * random.nextDouble() - 1) * size;
    }
  }
}
