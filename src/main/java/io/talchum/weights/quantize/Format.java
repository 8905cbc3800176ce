package io.talchum.weights.quantize;

import io.talchum.weights.block.BlockType;
import io.talchum.weights.block.BlockType.Numbers;

/**
 * What a matrix becomes.
 *
 * @param blockSize weights per scale, a power of two; 0 for {@link Encoding#F32}
 * @param searched whether a scale (and offset) that lowers the error is searched, where the stored
 *     numbers cannot be kept
 */
public record Format(Encoding encoding, int blockSize, boolean searched) {
  public static final Format F32 = new Format(Encoding.F32, 0, false);
  static final Format INT8 = new Format(Encoding.INT8, Quantizers.BLOCK, false);
  static final Format INT4 = new Format(Encoding.INT4, Quantizers.BLOCK, false);
  static final Format INT4_OFFSET = new Format(Encoding.INT4_OFFSET, Quantizers.BLOCK, true);

  /** The engine's kernels take no longer blocks. */
  private static final int MAX_BLOCK = 128;

  /** Symmetric int4 with a searched scale. */
  static Format int4(int blockSize) {
    return new Format(Encoding.INT4, blockSize, true);
  }

  /** int8 that keeps the numbers of a type if it can, else int8 in blocks of 32. */
  static Format int8(BlockType type) {
    return type.isQuantized() && !type.hasMins()
        ? new Format(Encoding.INT8, Math.min(type.group(), Quantizers.BLOCK), false)
        : INT8;
  }

  /** The smallest format that keeps every number of a quantized type; int8 of floats. */
  static Format keeping(BlockType type) {
    int block = Math.min(type.group(), MAX_BLOCK);
    return switch (type.numbers()) {
      case INT4 -> new Format(Encoding.INT4, block, false);
      case UINT4_MIN -> new Format(Encoding.INT4_OFFSET, block, true);
      case INT8 -> int8(type);
      case UINT5_MIN -> new Format(Encoding.INT8_OFFSET, block, false);
      case FLOAT -> INT8;
    };
  }

  /** Whether the stored numbers go over as they are. */
  boolean keeps(BlockType type) {
    if (!type.isQuantized() || encoding == Encoding.F32 || type.group() % blockSize != 0) {
      return encoding == Encoding.F32;
    }
    return switch (encoding) {
      case INT8 -> type.numbers() == Numbers.INT4 || type.numbers() == Numbers.INT8;
      case INT4 -> type.numbers() == Numbers.INT4;
      case INT4_OFFSET -> type.numbers() == Numbers.UINT4_MIN;
      case INT8_OFFSET -> type.hasMins();
      case F32 -> true;
    };
  }

  /** For people: {@code int8}, {@code int4+offset}; blocks of another size than 32 are named. */
  public String label() {
    String block = blockSize == 0 || blockSize == Quantizers.BLOCK ? "" : "/" + blockSize;
    return encoding.label() + block;
  }

  /** Bytes of one block's quants. */
  public int quantBytes() {
    return encoding.quantBytes(blockSize);
  }
}
