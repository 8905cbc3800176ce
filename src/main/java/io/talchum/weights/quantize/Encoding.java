package io.talchum.weights.quantize;

/**
 * How a matrix lies in {@code weights.bin}; rows are outputs, columns inputs, blocks run along a
 * row.
 */
public enum Encoding {
  /** Part {@code weight}: f32 [rows, columns]. */
  F32,
  /**
   * Parts {@code quants} u8 [rows, blocks, block size], {@code scales} f32 [rows, blocks]; w =
   * scale * (q - 128).
   */
  INT8,
  /**
   * Parts {@code quants} u8 [rows, blocks, block size / 2] (element 2i in the low nibble of byte i,
   * 2i + 1 in the high one), {@code scales} f32 [rows, blocks]; w = scale * (q - 8).
   */
  INT4,
  /**
   * {@link #INT4} plus part {@code offsets} f32 [blocks, rows], added to every weight of the block.
   */
  INT4_OFFSET,
  /**
   * Parts of {@link #INT8} plus {@code offsets} f32 [blocks, rows]; w = scale * q + offset. Only
   * for stored numbers that are kept.
   */
  INT8_OFFSET;

  /**
   * For people and manifests: {@code none}, {@code int8}, {@code int4}, {@code int4+offset} or
   * {@code int8+offset}.
   */
  public String label() {
    return switch (this) {
      case F32 -> "none";
      case INT8 -> "int8";
      case INT4 -> "int4";
      case INT4_OFFSET -> "int4+offset";
      case INT8_OFFSET -> "int8+offset";
    };
  }

  /** Whether each block has an offset beside its scale. */
  public boolean hasOffsets() {
    return this == INT4_OFFSET || this == INT8_OFFSET;
  }

  /** Bits of a weight. */
  public int bits() {
    return switch (this) {
      case F32 -> Float.SIZE;
      case INT8, INT8_OFFSET -> 8;
      case INT4, INT4_OFFSET -> 4;
    };
  }

  /** Bytes of the quants of one block; 0 for {@link #F32}. */
  public int quantBytes(int blockSize) {
    return this == F32 ? 0 : blockSize * bits() / Byte.SIZE;
  }
}
