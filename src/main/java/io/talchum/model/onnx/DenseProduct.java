package io.talchum.model.onnx;

import static jdk.incubator.vector.VectorOperators.ZERO_EXTEND_S2I;

import io.talchum.model.kernel.Lanes;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * Rows of an adapter's matrix times some tokens, with the Vector API. Four tokens share each
 * weight; where there are fewer, the last one is repeated, which costs nothing beside the weights'
 * way from memory.
 */
final class DenseProduct {
  static final int TOKENS = 4;
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS = FLOATS.withLanes(int.class);
  private static final VectorSpecies<Short> SHORTS =
      VectorSpecies.of(short.class, VectorShape.forBitSize(FLOATS.vectorBitSize() / 2));
  private static final int LANES = FLOATS.length();
  private static final ByteOrder NATIVE = ByteOrder.nativeOrder();

  private DenseProduct() {}

  /**
   * The products of one row with four tokens.
   *
   * @param x f32
   * @param at byte offsets of the tokens in x, [4]
   * @param sums [4]
   */
  static void dots(AdapterMatrix matrix, int row, MemorySegment x, long[] at, float[] sums) {
    if (matrix.format() == WeightFormat.FLOAT32) {
      dots32(matrix, row, x, at, sums);
    } else {
      dots16(matrix, row, x, at, sums);
    }
    int whole = FLOATS.loopBound(matrix.columns());
    for (int i = whole; i < matrix.columns(); i++) {
      float weight = matrix.format().read(matrix.data(), matrix.row(row), i);
      for (int t = 0; t < TOKENS; t++) {
        sums[t] += weight * x.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at[t] + (long) i * Float.BYTES);
      }
    }
  }

  private static void dots32(
      AdapterMatrix matrix, int row, MemorySegment x, long[] at, float[] sums) {
    MemorySegment weights = matrix.data();
    long first = matrix.row(row);
    long x0 = at[0];
    long x1 = at[1];
    long x2 = at[2];
    long x3 = at[3];
    FloatVector sum0 = FloatVector.zero(FLOATS);
    FloatVector sum1 = FloatVector.zero(FLOATS);
    FloatVector sum2 = FloatVector.zero(FLOATS);
    FloatVector sum3 = FloatVector.zero(FLOATS);
    int whole = FLOATS.loopBound(matrix.columns());
    for (int i = 0; i < whole; i += LANES) {
      long step = (long) i * Float.BYTES;
      FloatVector weight = FloatVector.fromMemorySegment(FLOATS, weights, first + step, NATIVE);
      sum0 = weight.fma(FloatVector.fromMemorySegment(FLOATS, x, x0 + step, NATIVE), sum0);
      sum1 = weight.fma(FloatVector.fromMemorySegment(FLOATS, x, x1 + step, NATIVE), sum1);
      sum2 = weight.fma(FloatVector.fromMemorySegment(FLOATS, x, x2 + step, NATIVE), sum2);
      sum3 = weight.fma(FloatVector.fromMemorySegment(FLOATS, x, x3 + step, NATIVE), sum3);
    }
    sums[0] = Lanes.sum(sum0.toArray());
    sums[1] = Lanes.sum(sum1.toArray());
    sums[2] = Lanes.sum(sum2.toArray());
    sums[3] = Lanes.sum(sum3.toArray());
  }

  private static void dots16(
      AdapterMatrix matrix, int row, MemorySegment x, long[] at, float[] sums) {
    MemorySegment weights = matrix.data();
    int mask = matrix.format().magnitudeMask;
    int shift = matrix.format().shift;
    float rebias = matrix.format().rebias;
    long first = matrix.row(row);
    long x0 = at[0];
    long x1 = at[1];
    long x2 = at[2];
    long x3 = at[3];
    FloatVector sum0 = FloatVector.zero(FLOATS);
    FloatVector sum1 = FloatVector.zero(FLOATS);
    FloatVector sum2 = FloatVector.zero(FLOATS);
    FloatVector sum3 = FloatVector.zero(FLOATS);
    int whole = FLOATS.loopBound(matrix.columns());
    for (int i = 0; i < whole; i += LANES) {
      long step = (long) i * Float.BYTES;
      IntVector bits =
          (IntVector)
              ShortVector.fromMemorySegment(SHORTS, weights, first + step / 2, NATIVE)
                  .convertShape(ZERO_EXTEND_S2I, INTS, 0);
      FloatVector weight = LowRankProduct.widen(bits, mask, shift, rebias);
      sum0 = weight.fma(FloatVector.fromMemorySegment(FLOATS, x, x0 + step, NATIVE), sum0);
      sum1 = weight.fma(FloatVector.fromMemorySegment(FLOATS, x, x1 + step, NATIVE), sum1);
      sum2 = weight.fma(FloatVector.fromMemorySegment(FLOATS, x, x2 + step, NATIVE), sum2);
      sum3 = weight.fma(FloatVector.fromMemorySegment(FLOATS, x, x3 + step, NATIVE), sum3);
    }
    sums[0] = Lanes.sum(sum0.toArray());
    sums[1] = Lanes.sum(sum1.toArray());
    sums[2] = Lanes.sum(sum2.toArray());
    sums[3] = Lanes.sum(sum3.toArray());
  }
}
