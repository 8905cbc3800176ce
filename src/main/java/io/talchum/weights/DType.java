package io.talchum.weights;

import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** The element types of safetensors, spelled as in its header; little endian. */
public enum DType {
  F64(8),
  F32(4),
  F16(2),
  BF16(2),
  I64(8),
  I32(4),
  I16(2),
  I8(1),
  U64(8),
  U32(4),
  U16(2),
  U8(1),
  F8_E4M3(1),
  F8_E5M2(1),
  BOOL(1);

  private static final int CHUNK = 4096;

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  public int bytes() {
    return bytes;
  }

  /** Whether {@link #readFloats} can read it. */
  public boolean isFloat() {
    return this == F64 || this == F32 || this == F16 || this == BF16;
  }

  public static Optional<DType> named(String name) {
    for (DType type : values()) {
      if (type.name().equals(name)) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }

  /**
   * Copies elements {@code first .. first + count - 1} of the data as fp32.
   *
   * @throws IllegalStateException unless {@link #isFloat}
   */
  public void readFloats(MemorySegment data, long first, float[] target, int offset, int count) {
    switch (this) {
      case F32 -> MemorySegment.copy(data, LittleEndian.FLOAT, first * 4, target, offset, count);
      case F16 -> readHalves(data, first, target, offset, count);
      case BF16 -> readBrainFloats(data, first, target, offset, count);
      case F64 -> readDoubles(data, first, target, offset, count);
      case I64, I32, I16, I8, U64, U32, U16, U8, F8_E4M3, F8_E5M2, BOOL ->
          throw new IllegalStateException(this + " is not read as floats");
    }
  }

  private static void readHalves(
      MemorySegment data, long first, float[] target, int offset, int count) {
    short[] chunk = new short[Math.min(CHUNK, count)];
    for (int done = 0; done < count; done += chunk.length) {
      int n = Math.min(chunk.length, count - done);
      MemorySegment.copy(data, LittleEndian.SHORT, (first + done) * 2, chunk, 0, n);
      for (int i = 0; i < n; i++) {
        target[offset + done + i] = Float.float16ToFloat(chunk[i]);
      }
    }
  }

  private static void readBrainFloats(
      MemorySegment data, long first, float[] target, int offset, int count) {
    short[] chunk = new short[Math.min(CHUNK, count)];
    for (int done = 0; done < count; done += chunk.length) {
      int n = Math.min(chunk.length, count - done);
      MemorySegment.copy(data, LittleEndian.SHORT, (first + done) * 2, chunk, 0, n);
      for (int i = 0; i < n; i++) {
        target[offset + done + i] = Float.intBitsToFloat(chunk[i] << 16);
      }
    }
  }

  private static void readDoubles(
      MemorySegment data, long first, float[] target, int offset, int count) {
    for (int i = 0; i < count; i++) {
      target[offset + i] = (float) data.get(LittleEndian.DOUBLE, (first + i) * 8);
    }
  }
}
