package io.talchum.engine.sampling;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** By the Vector API. */
final class VectorRowLoops implements RowLoops {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  static final int LANES = SPECIES.length();
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private static final VectorSpecies<Integer> BITS = SPECIES.withLanes(int.class);
  private static final int MINUS_INFINITY = Float.floatToRawIntBits(Float.NEGATIVE_INFINITY);

  /** 1 << lane. */
  private static final IntVector LANE_BITS =
      IntVector.broadcast(BITS, 1).lanewise(VectorOperators.LSHL, IntVector.zero(BITS).addIndex(1));

  @Override
  public float max(MemorySegment row) {
    int n = LogitLoops.length(row);
    FloatVector a = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
    FloatVector b = a;
    int i = 0;
    for (; i <= n - 2 * LANES; i += 2 * LANES) {
      a = a.max(load(row, i));
      b = b.max(load(row, i + LANES));
    }
    float max = a.max(b).reduceLanes(VectorOperators.MAX);
    for (; i < n; i++) {
      max = Math.max(max, LogitLoops.get(row, i));
    }
    return max;
  }

  /** In integers: masks made of comparisons stay in registers, those made of a long do not. */
  @Override
  public void forbid(MemorySegment row, int start, int count, long forbidden) {
    int i = 0;
    for (; i <= count - LANES; i += LANES) {
      long at = (long) (start + i) * Float.BYTES;
      VectorMask<Integer> lanes =
          LANE_BITS.and((int) (forbidden >>> i)).compare(VectorOperators.NE, 0);
      IntVector.fromMemorySegment(BITS, row, at, ORDER)
          .blend(MINUS_INFINITY, lanes)
          .intoMemorySegment(row, at, ORDER);
    }
    for (; i < count; i++) {
      if ((forbidden >>> i & 1) != 0) {
        LogitLoops.set(row, start + i, Float.NEGATIVE_INFINITY);
      }
    }
  }

  @Override
  public int indexOf(MemorySegment row, float value) {
    int n = LogitLoops.length(row);
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      VectorMask<Float> equal = load(row, i).compare(VectorOperators.EQ, value);
      if (equal.anyTrue()) {
        return i + equal.firstTrue();
      }
    }
    for (; i < n; i++) {
      if (LogitLoops.get(row, i) == value) {
        return i;
      }
    }
    return -1;
  }

  @Override
  public int nextStretchAbove(MemorySegment row, int from, float threshold) {
    int n = LogitLoops.length(row);
    int i = from;
    for (; i <= n - 4 * LANES; i += 4 * LANES) {
      FloatVector a = load(row, i).max(load(row, i + LANES));
      FloatVector b = load(row, i + 2 * LANES).max(load(row, i + 3 * LANES));
      if (a.max(b).compare(VectorOperators.GT, threshold).anyTrue()) {
        return i;
      }
    }
    return i;
  }

  @Override
  public int stretch() {
    return 4 * LANES;
  }

  @Override
  public double blockSumExp(MemorySegment row, int start, int end, float max, float scale) {
    FloatVector acc = FloatVector.zero(SPECIES);
    int i = start;
    for (; i <= end - LANES; i += LANES) {
      acc = acc.add(exp(load(row, i).sub(max).mul(scale)));
    }
    double sum = 0;
    for (float lane : acc.toArray()) { // reduceLanes(ADD) gives another order when compiled
      sum += lane;
    }
    for (; i < end; i++) {
      sum += LogitLoops.exp((LogitLoops.get(row, i) - max) * scale);
    }
    return sum;
  }

  private static FloatVector load(MemorySegment row, int index) {
    return FloatVector.fromMemorySegment(SPECIES, row, (long) index * Float.BYTES, ORDER);
  }

  /**
   * exp for x <= 0, relative error about 1e-7: x = n ln 2 + r, a polynomial in r (coefficients of
   * Cephes' expf), times 2^n by adding n to the exponent bits.
   */
  private static FloatVector exp(FloatVector x) {
    FloatVector shifted =
        x.max(LogitLoops.EXP_FLOOR).mul(1.44269504f).add(12582912f); // n in the low bits
    FloatVector n = shifted.sub(12582912f);
    FloatVector r =
        x.max(LogitLoops.EXP_FLOOR).sub(n.mul(0.693359375f)).sub(n.mul(-2.12194440e-4f));
    FloatVector p =
        r.mul(1.9875691500e-4f)
            .add(1.3981999507e-3f)
            .mul(r)
            .add(8.3334519073e-3f)
            .mul(r)
            .add(4.1665795894e-2f)
            .mul(r)
            .add(1.6666665459e-1f)
            .mul(r)
            .add(5.0000001201e-1f)
            .mul(r)
            .mul(r)
            .add(r)
            .add(1f);
    FloatVector scaled =
        p.reinterpretAsInts()
            .add(shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23))
            .reinterpretAsFloats();
    return scaled.blend(0f, x.compare(VectorOperators.LT, LogitLoops.EXP_FLOOR));
  }
}
