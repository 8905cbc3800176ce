package io.talchum.model.onnx.math;

import io.talchum.model.kernel.MatrixShape;
import io.talchum.model.kernel.PanelMatrix;
import io.talchum.model.kernel.QuantizedWeights;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;

/**
 * A matrix in whole numbers of 16 bits, with a factor for each {@value #BLOCK} inputs of a row: the
 * block's largest magnitude is 32767. So a weight changes by at most a 65534th of its block's
 * largest, and zeros stay zeros.
 */
public final class RoundedMatrix {
  static final int BLOCK = 64;

  private static final int MOST = Short.MAX_VALUE;
  private static final int ZERO = 1 << 15; // PanelMatrix takes unsigned numbers

  private final int rows;
  private final int columns;
  private final int blocks;
  private final short[] quants; // [rows, blocks, BLOCK]
  private final float[] factors; // [rows, blocks]
  private double square;
  private double squareOfError;

  /**
   * Rounds.
   *
   * @param values finite, [rows, columns]
   */
  RoundedMatrix(float[] values, int rows, int columns) {
    this.rows = rows;
    this.columns = columns;
    this.blocks = Math.ceilDiv(columns, BLOCK);
    this.quants = new short[rows * blocks * BLOCK];
    this.factors = new float[rows * blocks];
    for (int row = 0; row < rows; row++) {
      for (int block = 0; block < blocks; block++) {
        int from = row * columns + block * BLOCK;
        int count = Math.min(BLOCK, columns - block * BLOCK);
        factors[row * blocks + block] = round(values, from, count, (row * blocks + block) * BLOCK);
      }
    }
  }

  /** Rounds a block; returns its factor. */
  private float round(float[] values, int from, int count, int to) {
    float most = 0;
    for (int i = 0; i < count; i++) {
      most = Math.max(most, Math.abs(values[from + i]));
    }
    float factor = most / MOST;
    float inverse = factor < Float.MIN_NORMAL ? 0 : 1 / factor;
    for (int i = 0; i < count; i++) {
      float value = values[from + i];
      int quant = Math.clamp((int) Math.rint(value * inverse), -MOST, MOST);
      quants[to + i] = (short) (quant + ZERO);
      double error = value - (double) quant * factor;
      square += (double) value * value;
      squareOfError += error * error;
    }
    return factor;
  }

  /** Length of what rounding changes over the matrix's length (roots of sums of squares). */
  double error() {
    return square == 0 ? 0 : Math.sqrt(squareOfError / square);
  }

  /** Lays it out for products. */
  PanelMatrix panels(SegmentAllocator memory) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment unsigned = arena.allocate(2L * quants.length, AdapterMatrix.ALIGNMENT);
      MemorySegment.copy(quants, 0, unsigned, ValueLayout.JAVA_SHORT, 0, quants.length);
      QuantizedWeights weights =
          new QuantizedWeights(
              new MatrixShape(rows, columns, Short.SIZE, BLOCK),
              unsigned,
              AdapterMatrix.vector(arena, factors),
              MemorySegment.NULL);
      return new PanelMatrix(weights, memory);
    }
  }
}
