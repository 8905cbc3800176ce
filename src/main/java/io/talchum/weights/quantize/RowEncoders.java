package io.talchum.weights.quantize;

import io.talchum.weights.block.BlockType;
import io.talchum.weights.block.ByteLanes;
import io.talchum.weights.block.UnpackedBlock;
import io.talchum.weights.checkpoint.SourceTensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Encodes the rows of one source tensor into quants, scales and offsets. */
public final class RowEncoders {
  private RowEncoders() {}

  /**
   * Where encoded rows go; offsets are row-major here.
   *
   * @param quants rows * blocks * bytes per block
   * @param scales rows * blocks
   * @param offsets the same, or empty if the encoding has none
   */
  public record Target(byte[] quants, float[] scales, float[] offsets) {}

  /** Writes one row: its quants at a byte index, its scales and offsets at a block index. */
  @FunctionalInterface
  public interface RowEncoder {
    void encode(int row, Target target, int quantsAt, int blocksAt);
  }

  /** A new encoder with buffers of its own, for one thread. */
  public static RowEncoder of(SourceTensor source, Format format) {
    if (format.encoding() == Encoding.F32) {
      throw new IllegalArgumentException("fp32 rows are copied");
    }
    if (format.keeps(source.type())) {
      return new BlockCarrier(source, format);
    }
    return switch (format.encoding()) {
      case INT4_OFFSET -> int4Offset(source);
      case INT4 -> format.searched() ? searchedInt4(source, format.blockSize()) : int4(source);
      case INT8 -> int8(source);
      case INT8_OFFSET, F32 -> throw new IllegalArgumentException(format + " does not round");
    };
  }

  private static RowEncoder int8(SourceTensor source) {
    float[] values = new float[padded(source, Quantizers.BLOCK)];
    return (row, target, quantsAt, blocksAt) -> {
      read(source, row, values);
      Quantizers.int8(
          values, 0, values.length, target.quants(), quantsAt, target.scales(), blocksAt);
    };
  }

  private static RowEncoder int4(SourceTensor source) {
    float[] values = new float[padded(source, Quantizers.BLOCK)];
    byte[] quants = new byte[values.length];
    return (row, target, quantsAt, blocksAt) -> {
      read(source, row, values);
      Quantizers.int4(values, 0, values.length, quants, 0, target.scales(), blocksAt);
      Quantizers.packNibbles(quants, quants.length);
      System.arraycopy(quants, 0, target.quants(), quantsAt, quants.length / 2);
    };
  }

  private static RowEncoder searchedInt4(SourceTensor source, int blockSize) {
    float[] values = new float[padded(source, blockSize)];
    byte[] quants = new byte[values.length];
    ScaleSearch search = new ScaleSearch(blockSize);
    return (row, target, quantsAt, blocksAt) -> {
      read(source, row, values);
      search.quantize(values, values.length / blockSize, quants, target.scales(), blocksAt);
      Quantizers.packNibbles(quants, quants.length);
      System.arraycopy(quants, 0, target.quants(), quantsAt, quants.length / 2);
    };
  }

  private static RowEncoder int4Offset(SourceTensor source) {
    float[] values = new float[padded(source, Quantizers.BLOCK)];
    byte[] quants = new byte[values.length];
    OffsetSearch search = new OffsetSearch();
    return (row, target, quantsAt, blocksAt) -> {
      read(source, row, values);
      search.quantize(
          values,
          values.length / Quantizers.BLOCK,
          quants,
          target.scales(),
          target.offsets(),
          blocksAt);
      Quantizers.packNibbles(quants, quants.length);
      System.arraycopy(quants, 0, target.quants(), quantsAt, quants.length / 2);
    };
  }

  private static int padded(SourceTensor source, int blockSize) {
    return Math.multiplyExact(Math.ceilDiv(source.columns(), blockSize), blockSize);
  }

  private static void read(SourceTensor source, int row, float[] values) {
    source.read(row, 1, values, 0, source.columns());
    Finite.require(source.name(), values, 0, source.columns());
  }

  /** Writes stored blocks in the package's form without changing a weight. */
  private static final class BlockCarrier implements RowEncoder {
    private final SourceTensor source;
    private final Format format;
    private final byte[] stored;
    private final UnpackedBlock block = new UnpackedBlock();
    private final int blocksPerStored;

    BlockCarrier(SourceTensor source, Format format) {
      this.source = source;
      this.format = format;
      this.stored = new byte[Math.toIntExact(source.type().rowBytes(source.columns()))];
      this.blocksPerStored = source.type().elements() / format.blockSize();
    }

    @Override
    public void encode(int row, Target target, int quantsAt, int blocksAt) {
      MemorySegment.copy(
          source.data(), ValueLayout.JAVA_BYTE, source.rowOffset(row), stored, 0, stored.length);
      BlockType type = source.type();
      int blocks = stored.length / type.bytes();
      for (int i = 0; i < blocks; i++) {
        type.unpack(stored, i * type.bytes(), block);
        scales(target, blocksAt + i * blocksPerStored);
        quants(target.quants(), quantsAt + i * blocksPerStored * format.quantBytes());
      }
      Finite.require(source.name(), target.scales(), blocksAt, blocks * blocksPerStored);
      if (target.offsets().length > 0) {
        Finite.require(source.name(), target.offsets(), blocksAt, blocks * blocksPerStored);
      }
    }

    private void scales(Target target, int at) {
      int groupBlocks = source.type().group() / format.blockSize();
      for (int i = 0; i < blocksPerStored; i++) {
        float scale = block.scales[i / groupBlocks];
        target.scales()[at + i] = scale;
        if (format.encoding().hasOffsets()) {
          int zero = format.encoding() == Encoding.INT4_OFFSET ? 8 : 0; // what q counts from
          target.offsets()[at + i] = block.mins[i / groupBlocks] + zero * scale;
        }
      }
    }

    private void quants(byte[] target, int at) {
      int elements = source.type().elements();
      byte[] quants = block.quants;
      switch (format.encoding()) {
        case INT8 -> {
          for (int i = 0; i < elements; i += ByteLanes.COUNT) {
            ByteLanes.put(target, at + i, ByteLanes.plus128(ByteLanes.get(quants, i)));
          }
        }
        case INT8_OFFSET -> System.arraycopy(quants, 0, target, at, elements);
        case INT4 -> {
          // -8 to 7 becomes 0 to 15: the third bit turns, the sign's copies go
          for (int i = 0; i < elements; i += ByteLanes.COUNT) {
            long lanes = (ByteLanes.get(quants, i) ^ ByteLanes.all(8)) & ByteLanes.all(15);
            ByteLanes.putNibbles(target, at + i / 2, lanes);
          }
        }
        case INT4_OFFSET -> {
          for (int i = 0; i < elements; i += ByteLanes.COUNT) {
            ByteLanes.putNibbles(target, at + i / 2, ByteLanes.get(quants, i));
          }
        }
        case F32 -> throw new IllegalStateException("floats have no quants");
      }
    }
  }
}
