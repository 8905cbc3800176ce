package io.talchum.model.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * A quantized matrix laid out for {@link PanelProduct}: panels of {@value #ROWS} rows, so that a
 * vector holds one column of many rows and no product needs a sum across lanes.
 *
 * <p>A panel is its scales of all blocks ({@link PanelScales}), then per block and group of columns
 * one int per row, which holds 8 nibbles, 4 bytes or 2 shorts of consecutive columns, low first.
 * The loops do not shift a quant: as it stands in the int it is 2^(bits i) times too large, which
 * its input makes up for ({@link PanelInputs}). So that the last one does not look negative by
 * chance, the int's highest bit is inverted: as a signed number it always is 2^(bits - 1) too
 * small. Rows after the last and columns after the last weigh nothing. Immutable; any thread may
 * read until its arena is closed.
 */
public final class PanelMatrix {
  public static final int ROWS = 32;

  /** The highest bit of an int is stored inverted. */
  static final int TOP = 0x80000000;

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final MatrixShape shape;
  private final int blocks; // per row
  private final PanelScales scales;
  private final MemorySegment data;

  /** Lays a matrix out. */
  public PanelMatrix(QuantizedWeights weights, SegmentAllocator memory) {
    this.shape = weights.shape();
    this.blocks = shape.blocks();
    this.scales = PanelScales.of(weights);
    this.data = memory.allocate(panels() * panelBytes(), 64);
    for (int panel = 0; panel < panels(); panel++) {
      scales.write(weights, panel * ROWS, data, panel * panelBytes());
      writeQuants(weights.quants(), panel);
    }
  }

  private void writeQuants(MemorySegment quants, int panel) {
    int groups = blocks * groupsPerBlock();
    long base = panel * panelBytes() + scales.bytes();
    int count = Math.min(ROWS, rows() - panel * ROWS);
    for (int r = 0; r < count; r++) {
      long from = (long) (panel * ROWS + r) * groups * Integer.BYTES;
      for (int group = 0; group < groups; group++) {
        int packed = quants.get(INT, from + (long) group * Integer.BYTES);
        data.set(INT, base + ((long) group * ROWS + r) * Integer.BYTES, packed ^ TOP);
      }
    }
  }

  public int rows() {
    return shape.rows();
  }

  public int columns() {
    return shape.columns();
  }

  /** Columns with the padding to whole blocks. */
  int paddedColumns() {
    return blocks * blockSize();
  }

  public int panels() {
    return (rows() + ROWS - 1) / ROWS;
  }

  int bits() {
    return shape.bits();
  }

  int blockSize() {
    return shape.blockSize();
  }

  int blocks() {
    return blocks;
  }

  /** Ints per row in a block. */
  int groupsPerBlock() {
    return blockSize() * bits() / Integer.SIZE;
  }

  PanelScales scales() {
    return scales;
  }

  /** Address of a panel's scales. */
  long scalesAt(int panel) {
    return data.address() + panel * panelBytes();
  }

  /** Address of a panel's quants. */
  long quantsAt(int panel) {
    return scalesAt(panel) + scales.bytes();
  }

  private long panelBytes() {
    return scales.bytes() + (long) blocks * groupsPerBlock() * ROWS * Integer.BYTES;
  }

  static void putInt(MemorySegment target, long offset, int value) {
    target.set(INT, offset, value);
  }
}
