package io.talchum.engine.sampling;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import io.talchum.core.TokenMask;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** Vector loops over a row of f32, native order. */
final class LogitVectors {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = SPECIES.length();
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private static final VectorSpecies<Integer> BITS = SPECIES.withLanes(int.class);
  private static final int MINUS_INFINITY = Float.floatToRawIntBits(Float.NEGATIVE_INFINITY);

  /** 1 << lane. */
  private static final IntVector LANE_BITS =
      IntVector.broadcast(BITS, 1).lanewise(VectorOperators.LSHL, IntVector.zero(BITS).addIndex(1));

  /** Floats summed in single precision before the sum goes on in double precision. */
  static final int BLOCK = 1024;

  /** Below this, exp is taken as 0: the scale by 2^n below must stay a normal number. */
  private static final float EXP_FLOOR = -86f;

  private LogitVectors() {}

  static int length(MemorySegment row) {
    return (int) (row.byteSize() / Float.BYTES);
  }

  static float get(MemorySegment row, int index) {
    return row.get(JAVA_FLOAT_UNALIGNED, (long) index * Float.BYTES);
  }

  static void set(MemorySegment row, int index, float value) {
    row.set(JAVA_FLOAT_UNALIGNED, (long) index * Float.BYTES, value);
  }

  /** The largest value; NaN if any is NaN. */
  static float max(MemorySegment row) {
    int n = length(row);
    FloatVector a = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
    FloatVector b = a;
    int i = 0;
    for (; i <= n - 2 * LANES; i += 2 * LANES) {
      a = a.max(load(row, i));
      b = b.max(load(row, i + LANES));
    }
    float max = a.max(b).reduceLanes(VectorOperators.MAX);
    for (; i < n; i++) {
      max = Math.max(max, get(row, i));
    }
    return max;
  }

  /**
   * Minus infinity for what the mask forbids; 64 tokens of which none is forbidden are not touched.
   */
  static void forbid(MemorySegment row, TokenMask mask) {
    int n = length(row);
    if (n != mask.vocabSize()) {
      throw new IllegalArgumentException(
          "a mask of %d tokens for a row of %d".formatted(mask.vocabSize(), n));
    }
    for (int word = 0; word < mask.words(); word++) {
      long forbidden = mask.forbidden(word);
      if (forbidden != 0) {
        forbid(row, word * Long.SIZE, Math.min(Long.SIZE, n - word * Long.SIZE), forbidden);
      }
    }
  }

  /** In integers: masks made of comparisons stay in registers, those made of a long do not. */
  private static void forbid(MemorySegment row, int start, int count, long forbidden) {
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
        set(row, start + i, Float.NEGATIVE_INFINITY);
      }
    }
  }

  /** The first index that holds the value, or -1. */
  static int indexOf(MemorySegment row, float value) {
    int n = length(row);
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      VectorMask<Float> equal = load(row, i).compare(VectorOperators.EQ, value);
      if (equal.anyTrue()) {
        return i + equal.firstTrue();
      }
    }
    for (; i < n; i++) {
      if (get(row, i) == value) {
        return i;
      }
    }
    return -1;
  }

  /**
   * The first index in [from, length) of a stretch that holds a value above the threshold: the
   * stretch starts there and is {@link #stretch} long. Length if there is none; the tail shorter
   * than a stretch always counts.
   */
  static int nextStretchAbove(MemorySegment row, int from, float threshold) {
    int n = length(row);
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

  static int stretch() {
    return 4 * LANES;
  }

  /** Sum over the row of exp((x - max) * scale). */
  static double sumExp(MemorySegment row, float max, float scale) {
    int n = length(row);
    double sum = 0;
    for (int start = 0; start < n; start += BLOCK) {
      sum += blockSumExp(row, start, Math.min(start + BLOCK, n), max, scale);
    }
    return sum;
  }

  /**
   * The same sum over [start, end), at most a {@link #BLOCK}; the same bits each time on machines
   * with the same vector length.
   */
  static double blockSumExp(MemorySegment row, int start, int end, float max, float scale) {
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
      sum += exp((get(row, i) - max) * scale);
    }
    return sum;
  }

  private static FloatVector load(MemorySegment row, int index) {
    return FloatVector.fromMemorySegment(SPECIES, row, (long) index * Float.BYTES, ORDER);
  }

  /** exp of a single value, cut off where the vectors are. */
  static float exp(float x) {
    return x < EXP_FLOOR ? 0f : (float) Math.exp(x);
  }

  /**
   * exp for x <= 0, relative error about 1e-7: x = n ln 2 + r, a polynomial in r (coefficients of
   * Cephes' expf), times 2^n by adding n to the exponent bits.
   */
  private static FloatVector exp(FloatVector x) {
    FloatVector shifted = x.max(EXP_FLOOR).mul(1.44269504f).add(12582912f); // n in the low bits
    FloatVector n = shifted.sub(12582912f);
    FloatVector r = x.max(EXP_FLOOR).sub(n.mul(0.693359375f)).sub(n.mul(-2.12194440e-4f));
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
    return scaled.blend(0f, x.compare(VectorOperators.LT, EXP_FLOOR));
  }
}
