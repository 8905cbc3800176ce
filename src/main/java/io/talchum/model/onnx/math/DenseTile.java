package io.talchum.model.onnx.math;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Products of some rows of a matrix with some tokens. A few rows at a time come to a core's cache,
 * as f32, and meet all tokens there. Owned by one thread.
 */
public final class DenseTile {
  /** Tokens at a time: few enough to stay in the cache beside the weights. */
  public static final int TOKENS = 32;

  private static final int ROWS = DenseProduct.ROWS;

  private final float[] four = new float[DenseProduct.TOKENS];
  private final long[] at = new long[DenseProduct.TOKENS];
  private float[] sums = new float[0]; // [tokens, rows]
  private int rows;
  private int tokens;
  private MemorySegment widened = MemorySegment.NULL; // f32 [ROWS, columns]
  private MemorySegment weights = MemorySegment.NULL;
  private long first; // byte offset in the weights

  /**
   * Multiplies.
   *
   * @param tokens from {@code from} on, at most {@value #TOKENS}
   */
  public void multiply(
      AdapterMatrix matrix, int firstRow, int rows, TokenRows x, int from, int tokens) {
    this.rows = rows;
    this.tokens = tokens;
    if (sums.length < rows * tokens) {
      sums = new float[rows * TOKENS];
    }
    for (int row = 0; row < rows; row += ROWS) {
      int count = Math.min(ROWS, rows - row);
      load(matrix, firstRow + row, count);
      for (int token = 0; token < tokens; token += DenseProduct.TOKENS) {
        if (token + 1 == tokens && count == ROWS) {
          one(matrix.columns(), row, x, from, token);
        } else {
          group(matrix.columns(), row, count, x, from, token);
        }
      }
    }
  }

  private void load(AdapterMatrix matrix, int row, int count) {
    if (matrix.format() == WeightFormat.FLOAT32) {
      weights = matrix.data();
      first = matrix.row(row);
      return;
    }
    long bytes = (long) ROWS * matrix.columns() * Float.BYTES;
    if (widened.byteSize() < bytes) {
      widened = Arena.ofAuto().allocate(bytes, AdapterMatrix.ALIGNMENT);
    }
    for (int i = 0; i < count; i++) {
      matrix.widen(row + i, widened, (long) i * matrix.columns() * Float.BYTES);
    }
    weights = widened;
    first = 0;
  }

  /** Four rows times one token. */
  private void one(int columns, int row, TokenRows x, int from, int token) {
    DenseProduct.rows(weights, first, columns, x.data(), x.at(from + token), four);
    System.arraycopy(four, 0, sums, token * rows + row, ROWS);
  }

  /** Some rows times up to four tokens; the last one stands for those that are missing. */
  private void group(int columns, int row, int count, TokenRows x, int from, int token) {
    int there = Math.min(DenseProduct.TOKENS, tokens - token);
    for (int t = 0; t < at.length; t++) {
      at[t] = x.at(from + token + Math.min(t, there - 1));
    }
    for (int i = 0; i < count; i++) {
      long weight = first + (long) i * columns * Float.BYTES;
      DenseProduct.tokens(weights, weight, columns, x.data(), at, four);
      for (int t = 0; t < there; t++) {
        sums[(token + t) * rows + row + i] = four[t];
      }
    }
  }

  public float get(int token, int row) {
    return sums[token * rows + row];
  }

  /** Writes a token's products to f32 memory. */
  void put(int token, MemorySegment y, long offset) {
    MemorySegment.copy(sums, token * rows, y, ValueLayout.JAVA_FLOAT_UNALIGNED, offset, rows);
  }

  /** Adds a token's products to f32 memory. */
  public void add(int token, MemorySegment y, long offset) {
    VectorLoops.add(sums, token * rows, rows, y, offset);
  }
}
