package io.talchum.weights;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** How the rows of a checkpoint's tensors are stored; the names are those of GGUF. */
enum BlockType {
  F32(0, 1, 4),
  F16(1, 1, 2),
  BF16(30, 1, 2),
  /** fp16 d, 32 int8 q: w = d * q. */
  Q8_0(8, 32, 34),
  /** fp16 d, 16 bytes of nibbles (element i low, i + 16 high): w = d * (q - 8). */
  Q4_0(2, 32, 18),
  /** fp16 d, fp16 m, 16 bytes of nibbles (element i low, i + 16 high): w = d * q + m. */
  Q4_1(3, 32, 20);

  private final int ggufId;
  private final int elements;
  private final int bytes;

  BlockType(int ggufId, int elements, int bytes) {
    this.ggufId = ggufId;
    this.elements = elements;
    this.bytes = bytes;
  }

  int ggufId() {
    return ggufId;
  }

  /** Weights per block. */
  int elements() {
    return elements;
  }

  /** Bytes per block. */
  int bytes() {
    return bytes;
  }

  boolean isQuantized() {
    return elements > 1;
  }

  /** Bytes of a row whose length is a multiple of {@link #elements}. */
  long rowBytes(long columns) {
    return columns / elements * bytes;
  }

  /** Copies {@code count} weights, a multiple of {@link #elements}, that start at a byte offset. */
  void dequantize(MemorySegment data, long from, float[] target, int offset, int count) {
    switch (this) {
      case F32 -> DType.F32.readFloats(data, from / 4, target, offset, count);
      case F16 -> DType.F16.readFloats(data, from / 2, target, offset, count);
      case BF16 -> DType.BF16.readFloats(data, from / 2, target, offset, count);
      case Q8_0, Q4_0, Q4_1 -> {
        byte[] row = new byte[Math.toIntExact(rowBytes(count))];
        MemorySegment.copy(data, ValueLayout.JAVA_BYTE, from, row, 0, row.length);
        for (int block = 0; block < count / elements; block++) {
          dequantizeBlock(row, block * bytes, target, offset + block * elements);
        }
      }
    }
  }

  private void dequantizeBlock(byte[] row, int from, float[] target, int offset) {
    float d = half(row, from);
    switch (this) {
      case Q8_0 -> {
        for (int i = 0; i < 32; i++) {
          target[offset + i] = d * row[from + 2 + i];
        }
      }
      case Q4_0 -> {
        for (int i = 0; i < 16; i++) {
          target[offset + i] = d * ((row[from + 2 + i] & 15) - 8);
          target[offset + i + 16] = d * ((row[from + 2 + i] >> 4 & 15) - 8);
        }
      }
      case Q4_1 -> {
        float m = half(row, from + 2);
        for (int i = 0; i < 16; i++) {
          target[offset + i] = d * (row[from + 4 + i] & 15) + m;
          target[offset + i + 16] = d * (row[from + 4 + i] >> 4 & 15) + m;
        }
      }
      case F32, F16, BF16 -> throw new IllegalStateException(this + " has no blocks");
    }
  }

  /** The fp16 number at an index of little-endian bytes. */
  static float half(byte[] bytes, int at) {
    return Float.float16ToFloat((short) ((bytes[at] & 0xff) | bytes[at + 1] << 8));
  }
}
