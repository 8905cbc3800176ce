package io.talchum.model.onnx.math;

import static jdk.incubator.vector.VectorOperators.ZERO_EXTEND_S2I;

import io.talchum.model.kernel.Lanes;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** y += scale * B (A x) for one token, with the Vector API. Pure but for y. */
public final class LowRankProduct {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS = FLOATS.withLanes(int.class);
  private static final VectorSpecies<Short> SHORTS =
      VectorSpecies.of(short.class, VectorShape.forBitSize(FLOATS.vectorBitSize() / 2));
  private static final int LANES = FLOATS.length();
  private static final int SIGN_16 = 0x8000;
  private static final ByteOrder NATIVE = ByteOrder.nativeOrder();

  private LowRankProduct() {}

  /**
   * @param a [rank, in]
   * @param b [rank, out]: transposed
   * @param x f32 [in]
   * @param y f32 [out]
   * @param z scratch, at least the rank
   */
  public static void add(
      AdapterMatrix a,
      AdapterMatrix b,
      float scale,
      MemorySegment x,
      long xOffset,
      MemorySegment y,
      long yOffset,
      float[] z) {
    if (a.format() == WeightFormat.FLOAT32) {
      down32(a, scale, x, xOffset, z);
    } else {
      down16(a, scale, x, xOffset, z);
    }
    up(b, y, yOffset, z);
  }

  /**
   * y += B z.
   *
   * @param b [rank, out]: transposed
   * @param z at least the rank
   */
  static void up(AdapterMatrix b, MemorySegment y, long yOffset, float[] z) {
    if (b.format() == WeightFormat.FLOAT32) {
      up32(b, y, yOffset, z);
    } else {
      up16(b, y, yOffset, z);
    }
  }

  /** z = scale * A x. */
  private static void down32(
      AdapterMatrix a, float scale, MemorySegment x, long xOffset, float[] z) {
    MemorySegment weights = a.data();
    int in = a.columns();
    int whole = FLOATS.loopBound(in);
    for (int r = 0; r < a.rows(); r++) {
      long row = (long) r * in * Float.BYTES;
      FloatVector sum = FloatVector.zero(FLOATS);
      for (int i = 0; i < whole; i += LANES) {
        long at = (long) i * Float.BYTES;
        sum =
            FloatVector.fromMemorySegment(FLOATS, weights, row + at, NATIVE)
                .fma(FloatVector.fromMemorySegment(FLOATS, x, xOffset + at, NATIVE), sum);
      }
      float dot = Lanes.sum(sum.toArray());
      for (int i = whole; i < in; i++) {
        long at = (long) i * Float.BYTES;
        dot +=
            weights.get(ValueLayout.JAVA_FLOAT_UNALIGNED, row + at)
                * x.get(ValueLayout.JAVA_FLOAT_UNALIGNED, xOffset + at);
      }
      z[r] = scale * dot;
    }
  }

  /** y += B z. */
  private static void up32(AdapterMatrix b, MemorySegment y, long first, float[] z) {
    MemorySegment weights = b.data();
    int rank = b.rows();
    int out = b.columns();
    int whole = FLOATS.loopBound(out);
    for (int o = 0; o < whole; o += LANES) {
      long at = (long) o * Float.BYTES;
      FloatVector sum = FloatVector.fromMemorySegment(FLOATS, y, first + at, NATIVE);
      for (int r = 0; r < rank; r++) {
        long row = (long) r * out * Float.BYTES;
        sum =
            FloatVector.fromMemorySegment(FLOATS, weights, row + at, NATIVE)
                .fma(FloatVector.broadcast(FLOATS, z[r]), sum);
      }
      sum.intoMemorySegment(y, first + at, NATIVE);
    }
    for (int o = whole; o < out; o++) {
      long at = (long) o * Float.BYTES;
      float sum = y.get(ValueLayout.JAVA_FLOAT_UNALIGNED, first + at);
      for (int r = 0; r < rank; r++) {
        long row = (long) r * out * Float.BYTES;
        sum += z[r] * weights.get(ValueLayout.JAVA_FLOAT_UNALIGNED, row + at);
      }
      y.set(ValueLayout.JAVA_FLOAT_UNALIGNED, first + at, sum);
    }
  }

  private static void down16(
      AdapterMatrix a, float scale, MemorySegment x, long xOffset, float[] z) {
    MemorySegment weights = a.data();
    WeightFormat format = a.format();
    int mask = format.magnitudeMask;
    int shift = format.shift;
    float rebias = format.rebias;
    int in = a.columns();
    int whole = FLOATS.loopBound(in);
    for (int r = 0; r < a.rows(); r++) {
      long row = (long) r * in * Short.BYTES;
      FloatVector sum = FloatVector.zero(FLOATS);
      for (int i = 0; i < whole; i += LANES) {
        IntVector bits =
            (IntVector)
                ShortVector.fromMemorySegment(SHORTS, weights, row + (long) i * Short.BYTES, NATIVE)
                    .convertShape(ZERO_EXTEND_S2I, INTS, 0);
        FloatVector weight = widen(bits, mask, shift, rebias);
        sum =
            weight.fma(
                FloatVector.fromMemorySegment(FLOATS, x, xOffset + (long) i * Float.BYTES, NATIVE),
                sum);
      }
      float dot = Lanes.sum(sum.toArray());
      for (int i = whole; i < in; i++) {
        dot +=
            format.read(weights, row, i)
                * x.get(ValueLayout.JAVA_FLOAT_UNALIGNED, xOffset + (long) i * Float.BYTES);
      }
      z[r] = scale * dot;
    }
  }

  private static void up16(AdapterMatrix b, MemorySegment y, long first, float[] z) {
    MemorySegment weights = b.data();
    WeightFormat format = b.format();
    int rank = b.rows();
    int mask = format.magnitudeMask;
    int shift = format.shift;
    float rebias = format.rebias;
    int out = b.columns();
    int whole = FLOATS.loopBound(out);
    for (int o = 0; o < whole; o += LANES) {
      FloatVector sum =
          FloatVector.fromMemorySegment(FLOATS, y, first + (long) o * Float.BYTES, NATIVE);
      for (int r = 0; r < rank; r++) {
        long row = ((long) r * out + o) * Short.BYTES;
        IntVector bits =
            (IntVector)
                ShortVector.fromMemorySegment(SHORTS, weights, row, NATIVE)
                    .convertShape(ZERO_EXTEND_S2I, INTS, 0);
        sum = widen(bits, mask, shift, rebias).fma(FloatVector.broadcast(FLOATS, z[r]), sum);
      }
      sum.intoMemorySegment(y, first + (long) o * Float.BYTES, NATIVE);
    }
    for (int o = whole; o < out; o++) {
      long at = first + (long) o * Float.BYTES;
      float sum = y.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at);
      for (int r = 0; r < rank; r++) {
        sum += z[r] * format.read(weights, (long) r * out * Short.BYTES, o);
      }
      y.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at, sum);
    }
  }

  /** 16-bit floats to 32-bit floats, exactly; infinities and NaN do not occur. */
  static FloatVector widen(IntVector bits, int mask, int shift, float rebias) {
    FloatVector magnitude =
        bits.and(mask).lanewise(VectorOperators.LSHL, shift).reinterpretAsFloats().mul(rebias);
    return bits.and(SIGN_16)
        .lanewise(VectorOperators.LSHL, 16)
        .or(magnitude.reinterpretAsInts())
        .reinterpretAsFloats();
  }
}
