package io.talchum.model.kernel.integer;

import static io.talchum.model.kernel.integer.PanelFormat.ROWS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import io.talchum.model.kernel.MatrixShape;
import io.talchum.model.kernel.QuantizedWeights;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/**
 * A quantized matrix laid out for the integer kernels, see {@link PanelFormat}. Rows after the last
 * and columns after the last weigh nothing. Immutable; any thread may read until its memory is
 * closed.
 */
final class IntegerMatrix {
  private final MatrixShape shape;
  private final PanelFormat format;
  private final int blocks; // of the format's columns, per row
  private final MemorySegment data;

  IntegerMatrix(QuantizedWeights weights, PanelFormat format, SegmentAllocator memory) {
    this.shape = weights.shape();
    this.format = format;
    this.blocks = Math.ceilDiv(shape.columns(), format.columns());
    this.data = memory.allocate(panels() * panelBytes(), 64);
    for (int panel = 0; panel < panels(); panel++) {
      int rows = Math.min(ROWS, shape.rows() - panel * ROWS);
      for (int row = 0; row < rows; row++) {
        layOut(weights, panel * ROWS + row, panel * panelBytes(), row);
      }
    }
  }

  private void layOut(QuantizedWeights weights, int row, long panel, int lane) {
    int rowInts = shape.blocks() * shape.blockSize() * shape.bits() / Integer.SIZE;
    long quants = (long) row * rowInts * Integer.BYTES;
    for (int block = 0; block < blocks; block++) {
      long record = panel + (long) block * format.recordBytes();
      int stored = block * format.columns() / shape.blockSize();
      putFactor(record, lane, weights.scale(row, stored));
      if (format.hasOffsets()) {
        putFactor(record + format.offsetsAt(), lane, weights.minimum(row, stored));
      }
      for (int group = 0; group < format.groups(); group++) {
        long from = quants + ((long) block * format.groups() + group) * Integer.BYTES;
        int packed = weights.quants().get(JAVA_INT_UNALIGNED, from);
        long to = record + format.quantsAt() + (long) group * PanelFormat.groupBytes();
        data.set(
            JAVA_INT_UNALIGNED,
            to + (long) lane * Integer.BYTES,
            format.bits() == 4 ? splitNibbles(packed) : packed);
      }
    }
  }

  private void putFactor(long at, int lane, float value) {
    if (format.halves()) {
      data.set(JAVA_SHORT_UNALIGNED, at + (long) lane * Short.BYTES, Float.floatToFloat16(value));
    } else {
      data.set(JAVA_FLOAT_UNALIGNED, at + (long) lane * Float.BYTES, value);
    }
  }

  /** Columns 0 to 3 to the low nibbles of the bytes, 4 to 7 to the high ones. */
  private static int splitNibbles(int packed) {
    int split = 0;
    for (int i = 0; i < Integer.BYTES; i++) {
      int low = packed >> 4 * i & 0xf;
      int high = packed >> 4 * i + 16 & 0xf;
      split |= (low | high << 4) << Byte.SIZE * i;
    }
    return split;
  }

  int rows() {
    return shape.rows();
  }

  int columns() {
    return shape.columns();
  }

  int panels() {
    return Math.ceilDiv(shape.rows(), ROWS);
  }

  /** Per row, of the format's columns. */
  int blocks() {
    return blocks;
  }

  PanelFormat format() {
    return format;
  }

  /** Address of a panel's first record. */
  long panelAt(int panel) {
    return data.address() + panel * panelBytes();
  }

  private long panelBytes() {
    return (long) blocks * format.recordBytes();
  }
}
