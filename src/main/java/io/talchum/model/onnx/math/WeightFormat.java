package io.talchum.model.onnx.math;

import io.talchum.adapter.FloatValues;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * How the weights of an adapter lie in memory; the narrowest that holds every value exactly is
 * taken.
 */
public enum WeightFormat {
  /** 32-bit floats. */
  FLOAT32(4, 0, 0, 0f),
  /** IEEE binary16: sign, 5 exponent bits, 10 fraction bits. */
  FLOAT16(2, 0x7fff, 13, 0x1p112f),
  /** The upper half of a 32-bit float. */
  BFLOAT16(2, 0x7fff, 16, 1f);

  private final int bytes;

  /** Of the 16 bits, those that are exponent and fraction. */
  final int magnitudeMask;

  /** How far the magnitude moves to lie like a 32-bit float's. */
  final int shift;

  /**
   * What the moved magnitude is multiplied with to correct its exponent; exact, for subnormals too.
   */
  final float rebias;

  WeightFormat(int bytes, int magnitudeMask, int shift, float rebias) {
    this.bytes = bytes;
    this.magnitudeMask = magnitudeMask;
    this.shift = shift;
    this.rebias = rebias;
  }

  /** Bytes per weight. */
  int bytes() {
    return bytes;
  }

  /** The narrowest format that holds all of these exactly. */
  static WeightFormat narrowest(FloatValues weights) {
    boolean[] holds = {true, true}; // FLOAT16, BFLOAT16
    weights.forEach(
        (first, values, from, count) -> {
          boolean float16 = holds[0];
          boolean bfloat16 = holds[1];
          for (int i = from; i < from + count && (float16 || bfloat16); i++) {
            float value = values[i];
            float16 &= Float.float16ToFloat(Float.floatToFloat16(value)) == value;
            bfloat16 &= (Float.floatToRawIntBits(value) & 0xffff) == 0;
          }
          holds[0] = float16;
          holds[1] = bfloat16;
        });
    return holds[1] ? BFLOAT16 : holds[0] ? FLOAT16 : FLOAT32;
  }

  /** Writes one weight that the format holds exactly, at a byte offset. */
  void write(MemorySegment target, long offset, float value) {
    switch (this) {
      case FLOAT32 -> target.set(ValueLayout.JAVA_FLOAT_UNALIGNED, offset, value);
      case FLOAT16 ->
          target.set(ValueLayout.JAVA_SHORT_UNALIGNED, offset, Float.floatToFloat16(value));
      case BFLOAT16 ->
          target.set(
              ValueLayout.JAVA_SHORT_UNALIGNED,
              offset,
              (short) (Float.floatToRawIntBits(value) >>> 16));
    }
  }

  /** One weight of a row that begins at a byte offset. */
  public float read(MemorySegment weights, long row, int column) {
    return switch (this) {
      case FLOAT32 ->
          weights.get(ValueLayout.JAVA_FLOAT_UNALIGNED, row + (long) column * Float.BYTES);
      case FLOAT16 ->
          Float.float16ToFloat(
              weights.get(ValueLayout.JAVA_SHORT_UNALIGNED, row + (long) column * Short.BYTES));
      case BFLOAT16 ->
          Float.intBitsToFloat(
              weights.get(ValueLayout.JAVA_SHORT_UNALIGNED, row + (long) column * Short.BYTES)
                  << 16);
    };
  }
}
