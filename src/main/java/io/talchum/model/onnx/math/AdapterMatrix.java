package io.talchum.model.onnx.math;

import io.talchum.adapter.FloatValues;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.util.function.IntToLongFunction;

/**
 * A matrix of an adapter in native memory, in the narrowest format that holds every value exactly.
 *
 * @param data [rows, columns]
 */
public record AdapterMatrix(MemorySegment data, WeightFormat format, int rows, int columns) {
  public static final long ALIGNMENT = 64;

  /** Copies f32 [rows, columns]. */
  public static AdapterMatrix of(
      SegmentAllocator memory, FloatValues values, int rows, int columns) {
    return copy(memory, values, rows, columns, columns, row -> (long) row * columns, 1);
  }

  /** Copies f32 [rows, columns]; row i becomes row {@code places[i]}. */
  public static AdapterMatrix reordered(
      SegmentAllocator memory, FloatValues values, int[] places, int columns) {
    return copy(
        memory, values, places.length, columns, columns, row -> (long) places[row] * columns, 1);
  }

  /** Copies f32 [columns, rows], transposed. */
  public static AdapterMatrix transposed(
      SegmentAllocator memory, FloatValues values, int rows, int columns) {
    return copy(memory, values, rows, columns, rows, row -> row, columns);
  }

  /**
   * Copies piece by piece.
   *
   * @param width numbers of a row of the values
   * @param place where the first number of a row goes
   * @param step how far after a number the next one of its row goes
   */
  private static AdapterMatrix copy(
      SegmentAllocator memory,
      FloatValues values,
      int rows,
      int columns,
      int width,
      IntToLongFunction place,
      long step) {
    FloatValues held = values.held();
    WeightFormat format = WeightFormat.narrowest(held);
    long size = format.bytes();
    MemorySegment data = memory.allocate(Math.max(1, (long) rows * columns * size), ALIGNMENT);
    held.forEach(
        (first, piece, from, count) -> {
          int row = (int) (first / width);
          int column = (int) (first % width);
          for (int i = from; i < from + count; row++, column = 0) {
            long at = (place.applyAsLong(row) + column * step) * size;
            int end = Math.min(from + count, i + width - column);
            for (; i < end; i++, at += step * size) {
              format.write(data, at, piece[i]);
            }
          }
        });
    return new AdapterMatrix(data, format, rows, columns);
  }

  /** A vector f32. */
  public static MemorySegment vector(SegmentAllocator memory, float[] values) {
    MemorySegment vector = memory.allocate((long) values.length * Float.BYTES, ALIGNMENT);
    MemorySegment.copy(values, 0, vector, ValueLayout.JAVA_FLOAT, 0, values.length);
    return vector;
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
