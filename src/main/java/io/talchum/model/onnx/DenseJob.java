package io.talchum.model.onnx;

import io.talchum.model.onnx.LinearChange.DenseChange;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** The tokens of the rows that share a linear's dense matrices. */
final class DenseJob {
  private LinearChange change = LinearChange.NONE;
  private int[] indexes = new int[0]; // [tokens] row * S + token
  private int count;

  /** Begins with a linear of an adapter. */
  DenseJob start(LinearChange change) {
    this.change = change;
    this.count = 0;
    return this;
  }

  boolean isOf(LinearChange other) {
    return change == other;
  }

  LinearChange change() {
    return change;
  }

  /** Adds a row's tokens from {@code begin} on. */
  void add(int row, int begin, int tokens) {
    int end = count + tokens - begin;
    if (indexes.length < end) {
      indexes = Arrays.copyOf(indexes, 2 * end);
    }
    for (int token = begin; token < tokens; token++) {
      indexes[count++] = row * tokens + token;
    }
  }

  /** The job's tokens in memory that has those of all rows. */
  TokenRows in(MemorySegment data, int width) {
    return new TokenRows(data, width, indexes, count);
  }

  int tasks() {
    return DenseTile.tasks(change.dense()[0].matrix());
  }

  /** Computes some outputs of one of the matrices for all tokens. */
  void run(int task, DenseChange dense, TokenRows x, TokenRows y, DenseTile tile) {
    AdapterMatrix matrix = dense.matrix();
    int first = task * DenseTile.rowsPerTask(matrix);
    int rows = Math.min(DenseTile.rowsPerTask(matrix), matrix.rows() - first);
    for (int from = 0; from < count; from += DenseTile.TOKENS) {
      tile.multiply(matrix, first, rows, x, from, Math.min(DenseTile.TOKENS, count - from));
      for (int t = 0; t < tile.tokens(); t++) {
        long target = y.at(from + t) + (long) change.outOffset() * Float.BYTES;
        if (dense.targets().length == 0) {
          tile.add(t, y.data(), target + (long) first * Float.BYTES);
        } else {
          replace(dense.targets(), first, rows, t, y.data(), target, tile);
        }
      }
    }
  }

  private static void replace(
      int[] targets, int first, int rows, int token, MemorySegment y, long target, DenseTile tile) {
    for (int row = 0; row < rows; row++) {
      long at = target + (long) targets[first + row] * Float.BYTES;
      VectorLoops.set(y, at, tile.get(token, row));
    }
  }
}
