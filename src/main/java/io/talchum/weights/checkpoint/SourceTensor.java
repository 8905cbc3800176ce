package io.talchum.weights.checkpoint;

import io.talchum.weights.block.BlockType;
import java.lang.foreign.MemorySegment;
import java.util.function.IntUnaryOperator;

/**
 * A matrix or vector of a checkpoint, read row by row.
 *
 * @param name as the checkpoint spells it, for messages
 * @param rows outputs; for a vector its length
 * @param columns inputs; for a vector 1
 * @param data rows * type.rowBytes(columns) bytes
 * @param storedRow where row r of the model lies in the data
 * @param added to every value, in fp32
 */
public record SourceTensor(
    String name,
    BlockType type,
    int rows,
    int columns,
    MemorySegment data,
    IntUnaryOperator storedRow,
    float added) {

  /** Copies rows {@code row .. row + count - 1} as fp32, {@code stride} floats from row to row. */
  public void read(int row, int count, float[] target, int offset, int stride) {
    for (int i = 0; i < count; i++) {
      type.dequantize(data, rowOffset(row + i), target, offset + i * stride, columns);
    }
    if (added != 0) {
      add(count, target, offset, stride);
    }
  }

  private void add(int count, float[] target, int offset, int stride) {
    for (int i = 0; i < count; i++) {
      for (int column = 0; column < columns; column++) {
        target[offset + i * stride + column] += added;
      }
    }
  }

  /** The byte where a row of the model starts. */
  public long rowOffset(int row) {
    return storedRow.applyAsInt(row) * type.rowBytes(columns);
  }
}
