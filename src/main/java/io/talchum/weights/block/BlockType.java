package io.talchum.weights.block;

import io.talchum.weights.DType;
import io.talchum.weights.block.UnpackedBlock.Unpacker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** How the rows of a checkpoint's tensors are stored; the names are those of GGUF. */
public enum BlockType {
  F32(0, 4),
  F16(1, 2),
  BF16(30, 2),
  Q8_0(8, 32, 34, 32, Numbers.INT8, PlainBlocks::q8),
  Q4_0(2, 32, 18, 32, Numbers.INT4, PlainBlocks::q4),
  Q4_1(3, 32, 20, 32, Numbers.UINT4_MIN, PlainBlocks::q4WithMin),
  Q5_0(6, 32, 22, 32, Numbers.INT8, PlainBlocks::q5),
  Q5_1(7, 32, 24, 32, Numbers.UINT5_MIN, PlainBlocks::q5WithMin),
  Q2_K(10, 256, 84, 16, Numbers.UINT4_MIN, SuperBlocks::q2),
  Q3_K(11, 256, 110, 16, Numbers.INT4, SuperBlocks::q3),
  Q4_K(12, 256, 144, 32, Numbers.UINT4_MIN, SuperBlocks::q4),
  Q5_K(13, 256, 176, 32, Numbers.UINT5_MIN, SuperBlocks::q5),
  Q6_K(14, 256, 210, 16, Numbers.INT8, SuperBlocks::q6),
  IQ4_NL(20, 32, 18, 32, Numbers.INT8, TableBlocks::iq4),
  IQ4_XS(23, 256, 136, 32, Numbers.INT8, TableBlocks::iq4Super),
  TQ1_0(34, 256, 54, 256, Numbers.INT4, TableBlocks::ternaryDigits),
  TQ2_0(35, 256, 66, 256, Numbers.INT4, TableBlocks::ternaryBits),
  MXFP4(39, 32, 17, 32, Numbers.INT8, TableBlocks::mxfp4);

  /** What the small numbers of a block are, the scale and min of their group aside. */
  public enum Numbers {
    FLOAT,
    /** -8 to 7. */
    INT4,
    /** -128 to 127. */
    INT8,
    /** 0 to 15, and each group has a min. */
    UINT4_MIN,
    /** 0 to 31, and each group has a min. */
    UINT5_MIN
  }

  private final int ggufId;
  private final int elements;
  private final int bytes;
  private final int group;
  private final Numbers numbers;
  private final Unpacker unpacker;

  /** Plain floats. */
  BlockType(int ggufId, int bytes) {
    this(
        ggufId,
        1,
        bytes,
        1,
        Numbers.FLOAT,
        (stored, from, block) -> {
          throw new IllegalStateException("floats have no blocks");
        });
  }

  BlockType(int ggufId, int elements, int bytes, int group, Numbers numbers, Unpacker unpacker) {
    this.ggufId = ggufId;
    this.elements = elements;
    this.bytes = bytes;
    this.group = group;
    this.numbers = numbers;
    this.unpacker = unpacker;
  }

  public int ggufId() {
    return ggufId;
  }

  /** Weights per block. */
  public int elements() {
    return elements;
  }

  /** Bytes per block. */
  public int bytes() {
    return bytes;
  }

  /** Weights that share a scale. */
  public int group() {
    return group;
  }

  public Numbers numbers() {
    return numbers;
  }

  public boolean hasMins() {
    return numbers == Numbers.UINT4_MIN || numbers == Numbers.UINT5_MIN;
  }

  public boolean isQuantized() {
    return numbers != Numbers.FLOAT;
  }

  /** Bytes of a row whose length is a multiple of {@link #elements}. */
  public long rowBytes(long columns) {
    return columns / elements * bytes;
  }

  /**
   * Takes one stored block apart.
   *
   * @throws IllegalStateException for plain floats
   */
  public void unpack(byte[] stored, int from, UnpackedBlock block) {
    unpacker.unpack(stored, from, block);
  }

  /** Copies {@code count} weights, a multiple of {@link #elements}, that start at a byte offset. */
  public void dequantize(MemorySegment data, long from, float[] target, int offset, int count) {
    switch (this) {
      case F32 -> DType.F32.readFloats(data, from / 4, target, offset, count);
      case F16 -> DType.F16.readFloats(data, from / 2, target, offset, count);
      case BF16 -> DType.BF16.readFloats(data, from / 2, target, offset, count);
      default -> dequantizeBlocks(data, from, target, offset, count);
    }
  }

  private void dequantizeBlocks(
      MemorySegment data, long from, float[] target, int offset, int count) {
    byte[] row = new byte[Math.toIntExact(rowBytes(count))];
    MemorySegment.copy(data, ValueLayout.JAVA_BYTE, from, row, 0, row.length);
    UnpackedBlock block = new UnpackedBlock();
    for (int i = 0; i < count / elements; i++) {
      unpacker.unpack(row, i * bytes, block);
      block.dequantize(elements, group, hasMins(), target, offset + i * elements);
    }
  }
}
