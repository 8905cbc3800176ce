package io.talchum.model.onnx.adapter;

import io.talchum.adapter.FloatValues;
import io.talchum.model.onnx.math.AdapterMatrix;
import io.talchum.model.onnx.math.DenseProduct;
import io.talchum.model.onnx.math.DenseTile;
import io.talchum.model.onnx.math.LowRankProduct;
import io.talchum.model.onnx.math.TokenRows;
import io.talchum.model.onnx.math.VectorLoops;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/**
 * Runs the vector loops of adapters until they are compiled: interpreted, the Vector API would make
 * the first requests with an adapter wait for seconds. Any thread.
 */
public final class AdapterWarmUp {
  private static final int SIZE = 256;
  private static final int RANK = 16;

  /** Found by trying: the next step is as fast as the thousandth. */
  private static final int ROUNDS = 400;

  /**
   * Values that only f32, bf16 with its long exponent, and f16 with its long fraction hold exactly.
   */
  private static final List<Float> ONE_PER_FORMAT = List.of(0.1f, 0x1p-40f, 0x1.ffcp0f);

  private AdapterWarmUp() {}

  public static void run() {
    float[] z = new float[RANK];
    DenseTile tile = new DenseTile();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment x = arena.allocate(SIZE * Float.BYTES, 64);
      MemorySegment y = arena.allocate(SIZE * Float.BYTES, 64);
      for (float value : ONE_PER_FORMAT) {
        AdapterMatrix matrix = filledWith(value, arena);
        for (int round = 0; round < ROUNDS; round++) {
          LowRankProduct.add(matrix, matrix, 1, x, 0, y, 0, z);
          tile.multiply(matrix, 0, DenseProduct.ROWS, fiveTimes(x), 0, 5);
          tile.add(0, y, 0);
        }
      }
      for (int round = 0; round < ROUNDS; round++) {
        VectorLoops.multiply(x, x, 0, y, 0);
        VectorLoops.add(x, y, 0);
        VectorLoops.addScaled(1, x, 0, y, 0, SIZE);
        VectorLoops.add(z, 0, RANK, y, 0);
        z[0] = VectorLoops.dot(x, y, 0);
      }
    }
  }

  /** Four tokens and one. */
  private static TokenRows fiveTimes(MemorySegment x) {
    return new TokenRows(x, SIZE, new int[5], 5);
  }

  private static AdapterMatrix filledWith(float value, Arena arena) {
    float[] values = new float[RANK * SIZE];
    Arrays.fill(values, value);
    return AdapterMatrix.of(arena, FloatValues.of(values), RANK, SIZE);
  }
}
