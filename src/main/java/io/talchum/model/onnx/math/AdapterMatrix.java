package io.talchum.model.onnx.math;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * A matrix of an adapter in native memory, in the narrowest format that holds every value exactly.
 *
 * @param data [rows, columns]
 */
public record AdapterMatrix(MemorySegment data, WeightFormat format, int rows, int columns) {
  public static final long ALIGNMENT = 64;

  /** Copies f32 [rows, columns]. */
  public static AdapterMatrix of(SegmentAllocator memory, float[] values, int rows, int columns) {
    AdapterMatrix matrix = allocate(memory, values, rows, columns);
    for (int i = 0; i < values.length; i++) {
      matrix.format.write(matrix.data, (long) i * matrix.format.bytes(), values[i]);
    }
    return matrix;
  }

  /** Copies f32 [columns, rows], transposed. */
  public static AdapterMatrix transposed(
      SegmentAllocator memory, float[] values, int rows, int columns) {
    AdapterMatrix matrix = allocate(memory, values, rows, columns);
    long bytes = matrix.format.bytes();
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        matrix.format.write(
            matrix.data, ((long) row * columns + column) * bytes, values[column * rows + row]);
      }
    }
    return matrix;
  }

  /** A vector f32. */
  public static MemorySegment vector(SegmentAllocator memory, float[] values) {
    MemorySegment vector = memory.allocate((long) values.length * Float.BYTES, ALIGNMENT);
    MemorySegment.copy(values, 0, vector, ValueLayout.JAVA_FLOAT, 0, values.length);
    return vector;
  }

  private static AdapterMatrix allocate(
      SegmentAllocator memory, float[] values, int rows, int columns) {
    WeightFormat format = WeightFormat.narrowest(List.of(values));
    long bytes = Math.max(1, (long) rows * columns * format.bytes());
    return new AdapterMatrix(memory.allocate(bytes, ALIGNMENT), format, rows, columns);
  }

  /** Byte offset of a row. */
  public long row(int row) {
    return (long) row * columns * format.bytes();
  }

  /**
   * Writes a row as f32.
   *
   * @param at byte offset
   */
  void widen(int row, MemorySegment target, long at) {
    WeightRow.widen(this, row, target, at);
  }
}
