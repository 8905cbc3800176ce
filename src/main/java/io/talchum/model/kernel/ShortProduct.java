package io.talchum.model.kernel;

import static io.talchum.model.kernel.Native.ALL;
import static io.talchum.model.kernel.PanelMatrix.ROWS;

import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Products of panels of 16-bit weights with fp32 inputs.
 *
 * <p>The same text as {@link NibbleProduct} and {@link ByteProduct} but for {@code BITS}, on
 * purpose: the inner loops are only unrolled, and rotate by an immediate, where C2 sees a
 * compile-time constant. Change all three.
 */
final class ShortProduct {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS = FLOATS.withLanes(int.class);
  private static final ByteOrder NATIVE = ByteOrder.nativeOrder();
  private static final int BITS = 16;
  private static final int STEPS = 32 / BITS; // columns in an int
  private static final long GROUP = 128; // bytes: an int or float for each row of a panel
  private static final long HALF = 64; // bytes: from row i to row i + 16
  private static final int[] MASK = new int[FLOATS.length()];
  private static final int[] ONE = new int[FLOATS.length()];

  static {
    Arrays.fill(MASK, ((1 << BITS) - 1) << (23 - BITS));
    Arrays.fill(ONE, 0x3F800000);
  }

  private ShortProduct() {}

  /**
   * One token: y = W x for 2 * lanes rows.
   *
   * @param quants the panel's quants, at the rows' first vector
   * @param factors f32 [blocks, 2, 32] of the panel, see {@link PanelScales}, at the rows' first
   *     vector
   * @param x f32 [columns]
   * @param sums f32 [blocks]: x summed over each block
   */
  static void one(
      long quants,
      long factors,
      int blocks,
      int groups,
      float[] x,
      int from,
      float[] sums,
      int sumsFrom,
      long y) {
    IntVector mask = IntVector.fromArray(INTS, MASK, 0);
    IntVector one = IntVector.fromArray(INTS, ONE, 0);
    int k = from;
    FloatVector t0 = FloatVector.zero(FLOATS);
    FloatVector t1 = FloatVector.zero(FLOATS);
    for (int block = 0; block < blocks; block++) {
      FloatVector s0 = FloatVector.zero(FLOATS);
      FloatVector s1 = FloatVector.zero(FLOATS);
      FloatVector s2 = FloatVector.zero(FLOATS);
      FloatVector s3 = FloatVector.zero(FLOATS);
      for (int group = 0; group < groups; group += 2) {
        IntVector v0 = IntVector.fromMemorySegment(INTS, ALL, quants, NATIVE);
        IntVector v1 = IntVector.fromMemorySegment(INTS, ALL, quants + HALF, NATIVE);
        IntVector v2 = IntVector.fromMemorySegment(INTS, ALL, quants + GROUP, NATIVE);
        IntVector v3 = IntVector.fromMemorySegment(INTS, ALL, quants + GROUP + HALF, NATIVE);
        for (int i = 0; i < STEPS; i++, k++) {
          FloatVector a = FloatVector.broadcast(FLOATS, x[k]);
          FloatVector b = FloatVector.broadcast(FLOATS, x[k + STEPS]);
          s0 = v0.and(mask).or(one).reinterpretAsFloats().fma(a, s0);
          s1 = v1.and(mask).or(one).reinterpretAsFloats().fma(a, s1);
          s2 = v2.and(mask).or(one).reinterpretAsFloats().fma(b, s2);
          s3 = v3.and(mask).or(one).reinterpretAsFloats().fma(b, s3);
          v0 = v0.lanewise(VectorOperators.ROR, BITS);
          v1 = v1.lanewise(VectorOperators.ROR, BITS);
          v2 = v2.lanewise(VectorOperators.ROR, BITS);
          v3 = v3.lanewise(VectorOperators.ROR, BITS);
        }
        quants += 2 * GROUP;
        k += STEPS;
      }
      FloatVector sum = FloatVector.broadcast(FLOATS, sums[sumsFrom + block]);
      t0 = s0.add(s2).fma(FloatVector.fromMemorySegment(FLOATS, ALL, factors, NATIVE), t0);
      t1 = s1.add(s3).fma(FloatVector.fromMemorySegment(FLOATS, ALL, factors + HALF, NATIVE), t1);
      t0 = sum.fma(FloatVector.fromMemorySegment(FLOATS, ALL, factors + GROUP, NATIVE), t0);
      t1 = sum.fma(FloatVector.fromMemorySegment(FLOATS, ALL, factors + GROUP + HALF, NATIVE), t1);
      factors += 2 * GROUP;
    }
    t0.intoMemorySegment(ALL, y, NATIVE);
    t1.intoMemorySegment(ALL, y + HALF, NATIVE);
  }

  /** Four tokens: as {@link #one}; x [columns, 4], token m's output at y + m * yStride. */
  static void four(
      long quants,
      long factors,
      int blocks,
      int groups,
      float[] x,
      int from,
      long y,
      long yStride) {
    IntVector mask = IntVector.fromArray(INTS, MASK, 0);
    IntVector one = IntVector.fromArray(INTS, ONE, 0);
    FloatVector a0 = FloatVector.zero(FLOATS);
    FloatVector b0 = FloatVector.zero(FLOATS);
    FloatVector a1 = FloatVector.zero(FLOATS);
    FloatVector b1 = FloatVector.zero(FLOATS);
    FloatVector a2 = FloatVector.zero(FLOATS);
    FloatVector b2 = FloatVector.zero(FLOATS);
    FloatVector a3 = FloatVector.zero(FLOATS);
    FloatVector b3 = FloatVector.zero(FLOATS);
    int k = from;
    for (int block = 0; block < blocks; block++) {
      FloatVector d0 = FloatVector.fromMemorySegment(FLOATS, ALL, factors, NATIVE);
      FloatVector d1 = FloatVector.fromMemorySegment(FLOATS, ALL, factors + HALF, NATIVE);
      FloatVector c0 = FloatVector.fromMemorySegment(FLOATS, ALL, factors + GROUP, NATIVE);
      FloatVector c1 = FloatVector.fromMemorySegment(FLOATS, ALL, factors + GROUP + HALF, NATIVE);
      factors += 2 * GROUP;
      for (int group = 0; group < groups; group++) {
        IntVector v0 = IntVector.fromMemorySegment(INTS, ALL, quants, NATIVE);
        IntVector v1 = IntVector.fromMemorySegment(INTS, ALL, quants + HALF, NATIVE);
        quants += GROUP;
        for (int i = 0; i < STEPS; i++, k += 4) {
          FloatVector w0 = v0.and(mask).or(one).reinterpretAsFloats().fma(d0, c0);
          FloatVector w1 = v1.and(mask).or(one).reinterpretAsFloats().fma(d1, c1);
          v0 = v0.lanewise(VectorOperators.ROR, BITS);
          v1 = v1.lanewise(VectorOperators.ROR, BITS);
          FloatVector p;
          p = FloatVector.broadcast(FLOATS, x[k]);
          a0 = w0.fma(p, a0);
          b0 = w1.fma(p, b0);
          p = FloatVector.broadcast(FLOATS, x[k + 1]);
          a1 = w0.fma(p, a1);
          b1 = w1.fma(p, b1);
          p = FloatVector.broadcast(FLOATS, x[k + 2]);
          a2 = w0.fma(p, a2);
          b2 = w1.fma(p, b2);
          p = FloatVector.broadcast(FLOATS, x[k + 3]);
          a3 = w0.fma(p, a3);
          b3 = w1.fma(p, b3);
        }
      }
    }
    a0.intoMemorySegment(ALL, y, NATIVE);
    b0.intoMemorySegment(ALL, y + HALF, NATIVE);
    a1.intoMemorySegment(ALL, y + 1 * yStride, NATIVE);
    b1.intoMemorySegment(ALL, y + 1 * yStride + HALF, NATIVE);
    a2.intoMemorySegment(ALL, y + 2 * yStride, NATIVE);
    b2.intoMemorySegment(ALL, y + 2 * yStride + HALF, NATIVE);
    a3.intoMemorySegment(ALL, y + 3 * yStride, NATIVE);
    b3.intoMemorySegment(ALL, y + 3 * yStride + HALF, NATIVE);
  }

  /**
   * Writes the weights of some blocks as fp32.
   *
   * @param w receives [columns, 32], from the rows' first place on
   */
  static void unpack(long quants, long factors, int blocks, int groups, float[] w, int at) {
    IntVector mask = IntVector.fromArray(INTS, MASK, 0);
    IntVector one = IntVector.fromArray(INTS, ONE, 0);
    for (int block = 0; block < blocks; block++) {
      FloatVector d0 = FloatVector.fromMemorySegment(FLOATS, ALL, factors, NATIVE);
      FloatVector d1 = FloatVector.fromMemorySegment(FLOATS, ALL, factors + HALF, NATIVE);
      FloatVector c0 = FloatVector.fromMemorySegment(FLOATS, ALL, factors + GROUP, NATIVE);
      FloatVector c1 = FloatVector.fromMemorySegment(FLOATS, ALL, factors + GROUP + HALF, NATIVE);
      factors += 2 * GROUP;
      for (int group = 0; group < groups; group++) {
        IntVector v0 = IntVector.fromMemorySegment(INTS, ALL, quants, NATIVE);
        IntVector v1 = IntVector.fromMemorySegment(INTS, ALL, quants + HALF, NATIVE);
        quants += GROUP;
        for (int i = 0; i < STEPS; i++, at += ROWS) {
          v0.and(mask).or(one).reinterpretAsFloats().fma(d0, c0).intoArray(w, at);
          v1.and(mask).or(one).reinterpretAsFloats().fma(d1, c1).intoArray(w, at + ROWS / 2);
          v0 = v0.lanewise(VectorOperators.ROR, BITS);
          v1 = v1.lanewise(VectorOperators.ROR, BITS);
        }
      }
    }
  }
}
