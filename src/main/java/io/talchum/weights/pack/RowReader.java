package io.talchum.weights.pack;

import io.talchum.weights.LittleEndian;
import io.talchum.weights.quantize.Encoding;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Dequantizes single rows of one matrix of a package; thread-safe. */
public final class RowReader {
  private final PackedTensor tensor;
  private final MemorySegment weights; // f32 [rows, columns], or quants u8 [rows, blocks, bytes]
  private final MemorySegment scales; // f32 [rows, blocks], or empty
  private final MemorySegment offsets; // f32 [blocks, rows], or empty

  private RowReader(
      PackedTensor tensor, MemorySegment weights, MemorySegment scales, MemorySegment offsets) {
    this.tensor = tensor;
    this.weights = weights;
    this.scales = scales;
    this.offsets = offsets;
  }

  static RowReader of(ModelPackage model, PackedTensor tensor) {
    boolean plain = tensor.encoding() == Encoding.F32;
    return new RowReader(
        tensor,
        model.data(tensor, plain ? "weight" : "quants"),
        plain ? MemorySegment.NULL : model.data(tensor, "scales"),
        tensor.encoding().hasOffsets() ? model.data(tensor, "offsets") : MemorySegment.NULL);
  }

  /**
   * Writes the {@code columns} weights of a row to {@code target} from {@code at} on.
   *
   * @throws IndexOutOfBoundsException if there is no such row
   */
  public void read(int row, float[] target, int at) {
    java.util.Objects.checkIndex(row, tensor.rows());
    if (tensor.encoding() == Encoding.F32) {
      MemorySegment.copy(
          weights, LittleEndian.FLOAT, 4L * row * tensor.columns(), target, at, tensor.columns());
      return;
    }
    int blocks = tensor.blocksPerRow();
    int size = tensor.blockSize();
    int bytes = tensor.encoding().quantBytes(size);
    for (int block = 0; block < blocks; block++) {
      long index = (long) row * blocks + block;
      float scale = scales.get(LittleEndian.FLOAT, 4 * index);
      int start = block * size;
      int count = Math.min(size, tensor.columns() - start);
      switch (tensor.encoding()) {
        case INT8 -> readInt8(index * bytes, scale, 128, 0, target, at + start, count);
        case INT8_OFFSET ->
            readInt8(index * bytes, scale, 0, offset(block, row), target, at + start, count);
        case INT4, INT4_OFFSET ->
            readInt4(index * bytes, scale, offset(block, row), target, at + start, count);
        case F32 -> throw new IllegalStateException("floats have no blocks");
      }
    }
  }

  private float offset(int block, int row) {
    return offsets.byteSize() == 0
        ? 0
        : offsets.get(LittleEndian.FLOAT, 4L * ((long) block * tensor.rows() + row));
  }

  private void readInt8(
      long from, float scale, int zero, float offset, float[] target, int at, int count) {
    for (int i = 0; i < count; i++) {
      int q = weights.get(ValueLayout.JAVA_BYTE, from + i) & 0xff;
      target[at + i] = scale * (q - zero) + offset;
    }
  }

  private void readInt4(long from, float scale, float offset, float[] target, int at, int count) {
    for (int i = 0; i < count; i++) {
      int pair = weights.get(ValueLayout.JAVA_BYTE, from + i / 2);
      int q = (i & 1) == 0 ? pair & 15 : pair >> 4 & 15;
      target[at + i] = scale * (q - 8) + offset;
    }
  }
}
