package io.talchum.model.kernel;

import static io.talchum.model.kernel.Native.ALL;
import static io.talchum.model.kernel.PanelMatrix.ROWS;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.XOR;

import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Products of panels of packed weights with fp32 inputs.
 *
 * <p>Two vectors of rows share each broadcast input, since broadcasts cost a core as much as
 * products do (measured on AMD Zen 4); more than four tokens would not fit its 32 registers.
 */
final class PackedProduct {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS = FLOATS.withLanes(int.class);
  private static final ByteOrder NATIVE = ByteOrder.nativeOrder();
  private static final int LANES = FLOATS.length();
  private static final long GROUP = 128; // bytes: an int or float for each row of a panel
  private static final long HALF = 64; // bytes: from row i to row i + 16
  private static final int[] NIBBLES = newMasks(4);
  private static final int[] BYTES = newMasks(8);
  private static final int[] SHORTS = newMasks(16);

  private PackedProduct() {}

  /** [columns in an int, lanes]: the bits of each column. */
  private static int[] masks(int bits) {
    return switch (bits) {
      case 4 -> NIBBLES;
      case 8 -> BYTES;
      case 16 -> SHORTS;
      default -> throw new IllegalArgumentException("no panels of " + bits + " bits");
    };
  }

  private static int[] newMasks(int bits) {
    int[] masks = new int[Integer.SIZE / bits * LANES];
    Arrays.setAll(masks, i -> (1 << bits) - 1 << bits * (i / LANES));
    return masks;
  }

  /**
   * One token: y = W x for 2 * lanes rows, by sum_k w_k x_k = d sum_k q_k x_k + m sum_k x_k in each
   * block.
   *
   * @param quants the panel's quants, at the rows' first vector
   * @param factors f32 [blocks, 2, 32] of the panel, see {@link PanelScales}, at the rows' first
   *     vector
   * @param token the first of a group
   * @param tile receives f32 [tokens, 32], from {@code at} on and 16 after it
   */
  static void one(
      long quants,
      long factors,
      PanelMatrix matrix,
      PanelInputs x,
      int token,
      float[] tile,
      int at) {
    int[] masks = masks(matrix.bits());
    int steps = masks.length / LANES;
    float[] values = x.values(), sums = x.sums();
    int k = token * matrix.paddedColumns(), sum = 2 * token * matrix.blocks();
    long end = factors + matrix.blocks() * PanelScales.FACTOR_BYTES;
    FloatVector zero = FloatVector.zero(FLOATS), a = zero, b = zero;
    for (; factors < end; factors += PanelScales.FACTOR_BYTES, sum += 2) {
      FloatVector s0 = FloatVector.broadcast(FLOATS, sums[sum + 1]), s1 = s0;
      FloatVector s2 = zero, s3 = zero;
      for (int group = 0;
          group < matrix.groupsPerBlock();
          group += 2, quants += 2 * GROUP, k += steps) {
        IntVector v0 = IntVector.fromMemorySegment(INTS, ALL, quants, NATIVE);
        IntVector v1 = IntVector.fromMemorySegment(INTS, ALL, quants + HALF, NATIVE);
        IntVector v2 = IntVector.fromMemorySegment(INTS, ALL, quants + GROUP, NATIVE);
        IntVector v3 = IntVector.fromMemorySegment(INTS, ALL, quants + GROUP + HALF, NATIVE);
        for (int i = 0; i < masks.length; i += LANES, k++) {
          IntVector mask = IntVector.fromArray(INTS, masks, i);
          FloatVector p = FloatVector.broadcast(FLOATS, values[k]);
          FloatVector q = FloatVector.broadcast(FLOATS, values[k + steps]);
          s0 = ((FloatVector) v0.and(mask).convert(I2F, 0)).fma(p, s0);
          s1 = ((FloatVector) v1.and(mask).convert(I2F, 0)).fma(p, s1);
          s2 = ((FloatVector) v2.and(mask).convert(I2F, 0)).fma(q, s2);
          s3 = ((FloatVector) v3.and(mask).convert(I2F, 0)).fma(q, s3);
        }
      }
      FloatVector p = FloatVector.broadcast(FLOATS, sums[sum]);
      a = s0.add(s2).fma(FloatVector.fromMemorySegment(FLOATS, ALL, factors, NATIVE), a);
      b = s1.add(s3).fma(FloatVector.fromMemorySegment(FLOATS, ALL, factors + HALF, NATIVE), b);
      a = p.fma(FloatVector.fromMemorySegment(FLOATS, ALL, factors + GROUP, NATIVE), a);
      b = p.fma(FloatVector.fromMemorySegment(FLOATS, ALL, factors + GROUP + HALF, NATIVE), b);
    }
    put(a, b, tile, at);
  }

  /** Two tokens: as {@link #one}. */
  static void two(
      long quants,
      long factors,
      PanelMatrix matrix,
      PanelInputs x,
      int token,
      float[] tile,
      int at) {
    int[] masks = masks(matrix.bits());
    float[] values = x.values(), sums = x.sums();
    int k = token * matrix.paddedColumns(), sum = 2 * token * matrix.blocks();
    long end = factors + matrix.blocks() * PanelScales.FACTOR_BYTES;
    FloatVector a0 = FloatVector.zero(FLOATS), a1 = a0;
    FloatVector b0 = a0, b1 = a0;
    for (; factors < end; factors += PanelScales.FACTOR_BYTES, sum += 4) {
      FloatVector s0 = FloatVector.broadcast(FLOATS, sums[sum + 2]), t0 = s0;
      FloatVector s1 = FloatVector.broadcast(FLOATS, sums[sum + 3]), t1 = s1;
      for (int group = 0; group < matrix.groupsPerBlock(); group++, quants += GROUP) {
        IntVector v = IntVector.fromMemorySegment(INTS, ALL, quants, NATIVE);
        IntVector u = IntVector.fromMemorySegment(INTS, ALL, quants + HALF, NATIVE);
        for (int i = 0; i < masks.length; i += LANES, k += 2) {
          IntVector mask = IntVector.fromArray(INTS, masks, i);
          FloatVector w = (FloatVector) v.and(mask).convert(I2F, 0);
          FloatVector z = (FloatVector) u.and(mask).convert(I2F, 0);
          s0 = w.fma(FloatVector.broadcast(FLOATS, values[k]), s0);
          t0 = z.fma(FloatVector.broadcast(FLOATS, values[k]), t0);
          s1 = w.fma(FloatVector.broadcast(FLOATS, values[k + 1]), s1);
          t1 = z.fma(FloatVector.broadcast(FLOATS, values[k + 1]), t1);
        }
      }
      FloatVector d = FloatVector.fromMemorySegment(FLOATS, ALL, factors, NATIVE);
      FloatVector e = FloatVector.fromMemorySegment(FLOATS, ALL, factors + HALF, NATIVE);
      FloatVector m = FloatVector.fromMemorySegment(FLOATS, ALL, factors + GROUP, NATIVE);
      FloatVector n = FloatVector.fromMemorySegment(FLOATS, ALL, factors + GROUP + HALF, NATIVE);
      a0 = m.fma(FloatVector.broadcast(FLOATS, sums[sum]), s0.fma(d, a0));
      b0 = n.fma(FloatVector.broadcast(FLOATS, sums[sum]), t0.fma(e, b0));
      a1 = m.fma(FloatVector.broadcast(FLOATS, sums[sum + 1]), s1.fma(d, a1));
      b1 = n.fma(FloatVector.broadcast(FLOATS, sums[sum + 1]), t1.fma(e, b1));
    }
    put(a0, b0, tile, at);
    put(a1, b1, tile, at + 1 * ROWS);
  }

  /** Four tokens: as {@link #one}. */
  static void four(
      long quants,
      long factors,
      PanelMatrix matrix,
      PanelInputs x,
      int token,
      float[] tile,
      int at) {
    int[] masks = masks(matrix.bits());
    float[] values = x.values(), sums = x.sums();
    int k = token * matrix.paddedColumns(), sum = 2 * token * matrix.blocks();
    long end = factors + matrix.blocks() * PanelScales.FACTOR_BYTES;
    FloatVector a0 = FloatVector.zero(FLOATS), a1 = a0, a2 = a0, a3 = a0;
    FloatVector b0 = a0, b1 = a0, b2 = a0, b3 = a0;
    for (; factors < end; factors += PanelScales.FACTOR_BYTES, sum += 8) {
      FloatVector s0 = FloatVector.broadcast(FLOATS, sums[sum + 4]), t0 = s0;
      FloatVector s1 = FloatVector.broadcast(FLOATS, sums[sum + 5]), t1 = s1;
      FloatVector s2 = FloatVector.broadcast(FLOATS, sums[sum + 6]), t2 = s2;
      FloatVector s3 = FloatVector.broadcast(FLOATS, sums[sum + 7]), t3 = s3;
      for (int group = 0; group < matrix.groupsPerBlock(); group++, quants += GROUP) {
        IntVector v = IntVector.fromMemorySegment(INTS, ALL, quants, NATIVE);
        IntVector u = IntVector.fromMemorySegment(INTS, ALL, quants + HALF, NATIVE);
        for (int i = 0; i < masks.length; i += LANES, k += 4) {
          IntVector mask = IntVector.fromArray(INTS, masks, i);
          FloatVector w = (FloatVector) v.and(mask).convert(I2F, 0);
          FloatVector z = (FloatVector) u.and(mask).convert(I2F, 0);
          s0 = w.fma(FloatVector.broadcast(FLOATS, values[k]), s0);
          t0 = z.fma(FloatVector.broadcast(FLOATS, values[k]), t0);
          s1 = w.fma(FloatVector.broadcast(FLOATS, values[k + 1]), s1);
          t1 = z.fma(FloatVector.broadcast(FLOATS, values[k + 1]), t1);
          s2 = w.fma(FloatVector.broadcast(FLOATS, values[k + 2]), s2);
          t2 = z.fma(FloatVector.broadcast(FLOATS, values[k + 2]), t2);
          s3 = w.fma(FloatVector.broadcast(FLOATS, values[k + 3]), s3);
          t3 = z.fma(FloatVector.broadcast(FLOATS, values[k + 3]), t3);
        }
      }
      FloatVector d = FloatVector.fromMemorySegment(FLOATS, ALL, factors, NATIVE);
      FloatVector e = FloatVector.fromMemorySegment(FLOATS, ALL, factors + HALF, NATIVE);
      FloatVector m = FloatVector.fromMemorySegment(FLOATS, ALL, factors + GROUP, NATIVE);
      FloatVector n = FloatVector.fromMemorySegment(FLOATS, ALL, factors + GROUP + HALF, NATIVE);
      a0 = m.fma(FloatVector.broadcast(FLOATS, sums[sum]), s0.fma(d, a0));
      b0 = n.fma(FloatVector.broadcast(FLOATS, sums[sum]), t0.fma(e, b0));
      a1 = m.fma(FloatVector.broadcast(FLOATS, sums[sum + 1]), s1.fma(d, a1));
      b1 = n.fma(FloatVector.broadcast(FLOATS, sums[sum + 1]), t1.fma(e, b1));
      a2 = m.fma(FloatVector.broadcast(FLOATS, sums[sum + 2]), s2.fma(d, a2));
      b2 = n.fma(FloatVector.broadcast(FLOATS, sums[sum + 2]), t2.fma(e, b2));
      a3 = m.fma(FloatVector.broadcast(FLOATS, sums[sum + 3]), s3.fma(d, a3));
      b3 = n.fma(FloatVector.broadcast(FLOATS, sums[sum + 3]), t3.fma(e, b3));
    }
    a0.intoArray(tile, at);
    b0.intoArray(tile, at + ROWS / 2);
    a1.intoArray(tile, at + 1 * ROWS);
    b1.intoArray(tile, at + 1 * ROWS + ROWS / 2);
    a2.intoArray(tile, at + 2 * ROWS);
    b2.intoArray(tile, at + 2 * ROWS + ROWS / 2);
    a3.intoArray(tile, at + 3 * ROWS);
    b3.intoArray(tile, at + 3 * ROWS + ROWS / 2);
  }

  private static void put(FloatVector a, FloatVector b, float[] tile, int at) {
    a.intoArray(tile, at);
    b.intoArray(tile, at + ROWS / 2);
  }

  /**
   * Writes the weights of some blocks as fp32.
   *
   * @param w receives [columns, 32], from the rows' first place on
   */
  static void unpack(
      long quants, long factors, int blocks, int groups, int bits, float[] w, int at) {
    IntVector mask = IntVector.broadcast(INTS, (1 << bits) - 1);
    IntVector top = IntVector.broadcast(INTS, PanelMatrix.TOP);
    int steps = Integer.SIZE / bits;
    for (int block = 0; block < blocks; block++) {
      FloatVector d = FloatVector.fromMemorySegment(FLOATS, ALL, factors, NATIVE);
      FloatVector e = FloatVector.fromMemorySegment(FLOATS, ALL, factors + HALF, NATIVE);
      FloatVector m = FloatVector.fromMemorySegment(FLOATS, ALL, factors + GROUP, NATIVE);
      FloatVector n = FloatVector.fromMemorySegment(FLOATS, ALL, factors + GROUP + HALF, NATIVE);
      factors += 2 * GROUP;
      for (int group = 0; group < groups; group++) {
        IntVector v = IntVector.fromMemorySegment(INTS, ALL, quants, NATIVE).lanewise(XOR, top);
        IntVector u =
            IntVector.fromMemorySegment(INTS, ALL, quants + HALF, NATIVE).lanewise(XOR, top);
        quants += GROUP;
        for (int i = 0; i < steps; i++, at += ROWS) {
          ((FloatVector) v.and(mask).convert(I2F, 0)).fma(d, m).intoArray(w, at);
          ((FloatVector) u.and(mask).convert(I2F, 0)).fma(e, n).intoArray(w, at + ROWS / 2);
          v = v.lanewise(LSHR, bits);
          u = u.lanewise(LSHR, bits);
        }
      }
    }
  }
}
