package io.talchum.weights;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Encodes the rows of one source tensor into quants, scales and offsets. */
final class RowEncoders {
  private RowEncoders() {}

  /**
   * Where encoded rows go; offsets are row-major here.
   *
   * @param quants rows * blocks * bytes per block
   * @param scales rows * blocks
   * @param offsets the same, or empty if the encoding has none
   */
  record Target(byte[] quants, float[] scales, float[] offsets) {}

  /** Writes one row: its quants at a byte index, its scales and offsets at a block index. */
  @FunctionalInterface
  interface RowEncoder {
    void encode(int row, Target target, int quantsAt, int blocksAt);
  }

  /** A new encoder with buffers of its own, for one thread. */
  static RowEncoder of(SourceTensor source, Encoding encoding) {
    boolean fromInt4 = source.type() == BlockType.Q4_0;
    return switch (encoding) {
      case INT8 ->
          source.type() == BlockType.Q8_0
              ? carried(source, 32, RowEncoders::carryQ8)
              : fromInt4 ? carried(source, 32, RowEncoders::widenQ4) : int8(source);
      case INT4 -> fromInt4 ? carried(source, 16, RowEncoders::carryQ4) : int4(source);
      case INT4_OFFSET ->
          source.type() == BlockType.Q4_1
              ? carried(source, 16, RowEncoders::carryQ4Offset)
              : int4Offset(source);
      case F32 -> throw new IllegalArgumentException("fp32 rows are copied");
    };
  }

  private static RowEncoder int8(SourceTensor source) {
    float[] values = new float[padded(source.columns())];
    return (row, target, quantsAt, blocksAt) -> {
      read(source, row, values);
      Quantizers.int8(
          values, 0, values.length, target.quants(), quantsAt, target.scales(), blocksAt);
    };
  }

  private static RowEncoder int4(SourceTensor source) {
    float[] values = new float[padded(source.columns())];
    byte[] quants = new byte[values.length];
    return (row, target, quantsAt, blocksAt) -> {
      read(source, row, values);
      Quantizers.int4(values, 0, values.length, quants, 0, target.scales(), blocksAt);
      Quantizers.packNibbles(quants, quants.length);
      System.arraycopy(quants, 0, target.quants(), quantsAt, quants.length / 2);
    };
  }

  private static RowEncoder int4Offset(SourceTensor source) {
    float[] values = new float[padded(source.columns())];
    byte[] quants = new byte[values.length];
    OffsetSearch search = new OffsetSearch();
    return (row, target, quantsAt, blocksAt) -> {
      read(source, row, values);
      for (int block = 0; block < values.length / Quantizers.BLOCK; block++) {
        int from = block * Quantizers.BLOCK;
        search.quantize(values, from, quants, from);
        target.scales()[blocksAt + block] = search.scale();
        target.offsets()[blocksAt + block] = search.offset();
      }
      Quantizers.packNibbles(quants, quants.length);
      System.arraycopy(quants, 0, target.quants(), quantsAt, quants.length / 2);
    };
  }

  private static int padded(int columns) {
    return Math.ceilDiv(columns, Quantizers.BLOCK) * Quantizers.BLOCK;
  }

  private static void read(SourceTensor source, int row, float[] values) {
    source.read(row, 1, values, 0, values.length);
    Finite.require(source.name(), values, 0, values.length);
  }

  /** Turns one stored block into the package's form without changing a weight. */
  @FunctionalInterface
  private interface BlockCarry {
    void carry(byte[] stored, int from, Target target, int quantsAt, int blockAt);
  }

  private static RowEncoder carried(SourceTensor source, int quantBytes, BlockCarry carry) {
    byte[] stored = new byte[Math.toIntExact(source.type().rowBytes(source.columns()))];
    int blockBytes = source.type().bytes();
    int blocks = stored.length / blockBytes;
    return (row, target, quantsAt, blocksAt) -> {
      MemorySegment.copy(
          source.data(), ValueLayout.JAVA_BYTE, source.rowOffset(row), stored, 0, stored.length);
      for (int block = 0; block < blocks; block++) {
        carry.carry(
            stored, block * blockBytes, target, quantsAt + block * quantBytes, blocksAt + block);
      }
      Finite.require(source.name(), target.scales(), blocksAt, blocks);
      if (target.offsets().length > 0) {
        Finite.require(source.name(), target.offsets(), blocksAt, blocks);
      }
    };
  }

  private static void carryQ8(byte[] stored, int from, Target target, int quantsAt, int blockAt) {
    target.scales()[blockAt] = BlockType.half(stored, from);
    for (int i = 0; i < 32; i++) {
      target.quants()[quantsAt + i] = (byte) (stored[from + 2 + i] + 128);
    }
  }

  private static void carryQ4(byte[] stored, int from, Target target, int quantsAt, int blockAt) {
    target.scales()[blockAt] = BlockType.half(stored, from);
    pairNibbles(stored, from + 2, target.quants(), quantsAt);
  }

  /** Q4_0 as int8: the same scale, quants around 128 instead of 8. */
  private static void widenQ4(byte[] stored, int from, Target target, int quantsAt, int blockAt) {
    target.scales()[blockAt] = BlockType.half(stored, from);
    for (int i = 0; i < 16; i++) {
      target.quants()[quantsAt + i] = (byte) ((stored[from + 2 + i] & 15) + 120);
      target.quants()[quantsAt + i + 16] = (byte) ((stored[from + 2 + i] >> 4 & 15) + 120);
    }
  }

  /** d * q + m = d * (q - 8) + (m + 8 d). */
  private static void carryQ4Offset(
      byte[] stored, int from, Target target, int quantsAt, int blockAt) {
    float d = BlockType.half(stored, from);
    target.scales()[blockAt] = d;
    target.offsets()[blockAt] = BlockType.half(stored, from + 2) + 8 * d;
    pairNibbles(stored, from + 4, target.quants(), quantsAt);
  }

  /** From GGUF's order (i, i + 16) to the package's (2i, 2i + 1). */
  private static void pairNibbles(byte[] stored, int from, byte[] quants, int quantsAt) {
    for (int i = 0; i < 8; i++) {
      int low = stored[from + 2 * i];
      int high = stored[from + 2 * i + 1];
      quants[quantsAt + i] = (byte) (low & 15 | (high & 15) << 4);
      quants[quantsAt + i + 8] = (byte) (low >> 4 & 15 | high & 0xf0);
    }
  }
}
