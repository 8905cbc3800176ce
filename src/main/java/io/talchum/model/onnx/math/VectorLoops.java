package io.talchum.model.onnx.math;

import io.talchum.model.kernel.Lanes;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** Element by element over f32 memory; offsets are bytes. */
public final class VectorLoops {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = FLOATS.length();
  private static final ByteOrder NATIVE = ByteOrder.nativeOrder();

  private VectorLoops() {}

  /** y = x * factors. */
  public static void multiply(
      MemorySegment factors, MemorySegment x, long xOffset, MemorySegment y, long yOffset) {
    int count = (int) (factors.byteSize() / Float.BYTES);
    int whole = FLOATS.loopBound(count);
    for (int i = 0; i < whole; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector.fromMemorySegment(FLOATS, x, xOffset + at, NATIVE)
          .mul(FloatVector.fromMemorySegment(FLOATS, factors, at, NATIVE))
          .intoMemorySegment(y, yOffset + at, NATIVE);
    }
    for (int i = whole; i < count; i++) {
      long at = (long) i * Float.BYTES;
      set(y, yOffset + at, get(x, xOffset + at) * get(factors, at));
    }
  }

  /** y += terms. */
  public static void add(MemorySegment terms, MemorySegment y, long yOffset) {
    int count = (int) (terms.byteSize() / Float.BYTES);
    int whole = FLOATS.loopBound(count);
    for (int i = 0; i < whole; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector.fromMemorySegment(FLOATS, y, yOffset + at, NATIVE)
          .add(FloatVector.fromMemorySegment(FLOATS, terms, at, NATIVE))
          .intoMemorySegment(y, yOffset + at, NATIVE);
    }
    for (int i = whole; i < count; i++) {
      long at = (long) i * Float.BYTES;
      set(y, yOffset + at, get(y, yOffset + at) + get(terms, at));
    }
  }

  /** The same from an array: so many terms from {@code from} on. */
  public static void add(float[] terms, int from, int count, MemorySegment y, long yOffset) {
    int whole = FLOATS.loopBound(count);
    for (int i = 0; i < whole; i += LANES) {
      long at = yOffset + (long) i * Float.BYTES;
      FloatVector.fromMemorySegment(FLOATS, y, at, NATIVE)
          .add(FloatVector.fromArray(FLOATS, terms, from + i))
          .intoMemorySegment(y, at, NATIVE);
    }
    for (int i = whole; i < count; i++) {
      long at = yOffset + (long) i * Float.BYTES;
      set(y, at, get(y, at) + terms[from + i]);
    }
  }

  /** y += factor * terms, of so many numbers. */
  public static void addScaled(
      float factor,
      MemorySegment terms,
      long termsOffset,
      MemorySegment y,
      long yOffset,
      int count) {
    int whole = FLOATS.loopBound(count);
    for (int i = 0; i < whole; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector.fromMemorySegment(FLOATS, terms, termsOffset + at, NATIVE)
          .fma(
              FloatVector.broadcast(FLOATS, factor),
              FloatVector.fromMemorySegment(FLOATS, y, yOffset + at, NATIVE))
          .intoMemorySegment(y, yOffset + at, NATIVE);
    }
    for (int i = whole; i < count; i++) {
      long at = (long) i * Float.BYTES;
      set(y, yOffset + at, get(y, yOffset + at) + factor * get(terms, termsOffset + at));
    }
  }

  /** Sum of factors * x. */
  public static float dot(MemorySegment factors, MemorySegment x, long xOffset) {
    int count = (int) (factors.byteSize() / Float.BYTES);
    int whole = FLOATS.loopBound(count);
    FloatVector sum = FloatVector.zero(FLOATS);
    for (int i = 0; i < whole; i += LANES) {
      long at = (long) i * Float.BYTES;
      sum =
          FloatVector.fromMemorySegment(FLOATS, factors, at, NATIVE)
              .fma(FloatVector.fromMemorySegment(FLOATS, x, xOffset + at, NATIVE), sum);
    }
    float dot = Lanes.sum(sum.toArray());
    for (int i = whole; i < count; i++) {
      long at = (long) i * Float.BYTES;
      dot += get(factors, at) * get(x, xOffset + at);
    }
    return dot;
  }

  public static float get(MemorySegment floats, long offset) {
    return floats.get(ValueLayout.JAVA_FLOAT_UNALIGNED, offset);
  }

  static void set(MemorySegment floats, long offset, float value) {
    floats.set(ValueLayout.JAVA_FLOAT_UNALIGNED, offset, value);
  }
}
