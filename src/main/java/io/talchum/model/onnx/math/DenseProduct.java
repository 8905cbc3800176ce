package io.talchum.model.onnx.math;

import io.talchum.model.kernel.Lanes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Rows of a matrix times tokens, all f32, with the Vector API. A product has the same bits,
 * whichever loop computes it.
 */
public final class DenseProduct {
  public static final int TOKENS = 4;
  public static final int ROWS = 4;
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = FLOATS.length();
  private static final ByteOrder NATIVE = ByteOrder.nativeOrder();

  private DenseProduct() {}

  /**
   * One row times four tokens.
   *
   * @param row byte offset of the row's weights
   * @param at byte offsets of the tokens in x, [4]
   * @param sums [4]
   */
  static void tokens(
      MemorySegment weights, long row, int columns, MemorySegment x, long[] at, float[] sums) {
    long x0 = at[0];
    long x1 = at[1];
    long x2 = at[2];
    long x3 = at[3];
    FloatVector sum0 = FloatVector.zero(FLOATS);
    FloatVector sum1 = FloatVector.zero(FLOATS);
    FloatVector sum2 = FloatVector.zero(FLOATS);
    FloatVector sum3 = FloatVector.zero(FLOATS);
    int whole = FLOATS.loopBound(columns);
    for (int i = 0; i < whole; i += LANES) {
      long step = (long) i * Float.BYTES;
      FloatVector weight = FloatVector.fromMemorySegment(FLOATS, weights, row + step, NATIVE);
      sum0 = weight.fma(FloatVector.fromMemorySegment(FLOATS, x, x0 + step, NATIVE), sum0);
      sum1 = weight.fma(FloatVector.fromMemorySegment(FLOATS, x, x1 + step, NATIVE), sum1);
      sum2 = weight.fma(FloatVector.fromMemorySegment(FLOATS, x, x2 + step, NATIVE), sum2);
      sum3 = weight.fma(FloatVector.fromMemorySegment(FLOATS, x, x3 + step, NATIVE), sum3);
    }
    sums[0] = Lanes.sum(sum0.toArray());
    sums[1] = Lanes.sum(sum1.toArray());
    sums[2] = Lanes.sum(sum2.toArray());
    sums[3] = Lanes.sum(sum3.toArray());
    for (int i = whole; i < columns; i++) {
      long step = (long) i * Float.BYTES;
      float weight = VectorLoops.get(weights, row + step);
      for (int t = 0; t < TOKENS; t++) {
        sums[t] += weight * VectorLoops.get(x, at[t] + step);
      }
    }
  }

  /**
   * Four rows that follow each other times one token.
   *
   * @param first byte offset of the first row's weights
   * @param at byte offset of the token in x
   * @param sums [4]
   */
  static void rows(
      MemorySegment weights, long first, int columns, MemorySegment x, long at, float[] sums) {
    long stride = (long) columns * Float.BYTES;
    FloatVector sum0 = FloatVector.zero(FLOATS);
    FloatVector sum1 = FloatVector.zero(FLOATS);
    FloatVector sum2 = FloatVector.zero(FLOATS);
    FloatVector sum3 = FloatVector.zero(FLOATS);
    int whole = FLOATS.loopBound(columns);
    for (int i = 0; i < whole; i += LANES) {
      long w = first + (long) i * Float.BYTES;
      FloatVector token =
          FloatVector.fromMemorySegment(FLOATS, x, at + (long) i * Float.BYTES, NATIVE);
      sum0 = FloatVector.fromMemorySegment(FLOATS, weights, w, NATIVE).fma(token, sum0);
      sum1 = FloatVector.fromMemorySegment(FLOATS, weights, w + stride, NATIVE).fma(token, sum1);
      sum2 =
          FloatVector.fromMemorySegment(FLOATS, weights, w + 2 * stride, NATIVE).fma(token, sum2);
      sum3 =
          FloatVector.fromMemorySegment(FLOATS, weights, w + 3 * stride, NATIVE).fma(token, sum3);
    }
    sums[0] = Lanes.sum(sum0.toArray());
    sums[1] = Lanes.sum(sum1.toArray());
    sums[2] = Lanes.sum(sum2.toArray());
    sums[3] = Lanes.sum(sum3.toArray());
    for (int i = whole; i < columns; i++) {
      long step = (long) i * Float.BYTES;
      float token = VectorLoops.get(x, at + step);
      for (int r = 0; r < ROWS; r++) {
        sums[r] += VectorLoops.get(weights, first + r * stride + step) * token;
      }
    }
  }
}
