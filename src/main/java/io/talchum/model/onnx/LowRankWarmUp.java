package io.talchum.model.onnx;

import io.talchum.adapter.AdapterWeights;
import io.talchum.adapter.LowRankDelta;
import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;
import io.talchum.core.RopeSpec;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * Runs the vector loops of {@link LowRankProduct} until they are compiled: interpreted, the Vector
 * API would make the first requests with an adapter wait for seconds. Any thread.
 */
final class LowRankWarmUp {
  private static final int SIZE = 256;
  private static final int RANK = 8;

  /** Found by trying: the next step is as fast as the thousandth. */
  private static final int ROUNDS = 400;

  /**
   * Values that only f32, bf16 with its long exponent, and f16 with its long fraction hold exactly.
   */
  private static final List<Float> ONE_PER_FORMAT = List.of(0.1f, 0x1p-40f, 0x1.ffcp0f);

  private LowRankWarmUp() {}

  static void run() {
    ModelSpec spec =
        new ModelSpec(
            "warm-up",
            1,
            SIZE,
            1,
            1,
            1,
            SIZE,
            SIZE,
            1,
            0f,
            new RopeSpec(List.of(1.0), 1),
            Set.of(),
            true);
    float[] z = new float[RANK];
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment x = arena.allocate(SIZE * Float.BYTES, 64);
      MemorySegment y = arena.allocate(SIZE * Float.BYTES, 64);
      for (float value : ONE_PER_FORMAT) {
        try (LowRankAdapter adapter = new LowRankAdapter(spec, filledWith(value))) {
          LowRankAdapter.Delta delta = adapter.at(AdapterSite.of(0, Linear.O).number())[0];
          for (int round = 0; round < ROUNDS; round++) {
            LowRankProduct.add(adapter, delta, x, 0, y, 0, z);
          }
        }
      }
    }
  }

  private static AdapterWeights filledWith(float value) {
    float[] matrix = new float[RANK * SIZE];
    Arrays.fill(matrix, value);
    return AdapterWeights.of(new LowRankDelta(0, Linear.O, RANK, 1f, matrix, matrix));
  }
}
