package io.talchum.model.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.stream.IntStream;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The inputs of a product, arranged for its loops: tokens by eight, the rest by four, by eight with
 * empty places, or one by one with the sums of each block. One thread fills, then many read.
 */
public final class PanelInputs {
  static final int EIGHT = 8;
  static final int FOUR = 4;

  /** Up to here tokens run one by one: the panel comes from the cache after the first. */
  private static final int SINGLES = 2;

  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;

  private float[] values = new float[0];
  private float[] sums = new float[0]; // [single tokens, blocks]
  private float[] row = new float[0];
  private int[] inOrder = new int[0]; // 0, 1, 2 ...
  private int[] indexes = inOrder; // of the tokens in x
  private int tokens;
  private int eights; // groups of eight
  private int rest; // tokens after them
  private int restWidth; // 0, 1, 4 or 8

  /**
   * Arranges x.
   *
   * @param x f32 [tokens, columns of the matrix]
   */
  public void arrange(PanelMatrix matrix, MemorySegment x, int tokens) {
    while (inOrder.length < tokens) {
      inOrder = IntStream.range(0, Math.max(tokens, 2 * inOrder.length)).toArray();
    }
    arrange(matrix, x, inOrder, tokens);
  }

  /**
   * Arranges some vectors of x.
   *
   * @param x f32 [any, columns of the matrix]
   * @param indexes which of them are the tokens; the first {@code tokens} count
   */
  public void arrange(PanelMatrix matrix, MemorySegment x, int[] indexes, int tokens) {
    this.indexes = indexes;
    this.tokens = tokens;
    eights = tokens / EIGHT;
    rest = tokens % EIGHT;
    restWidth = rest == 0 ? 0 : rest <= SINGLES ? 1 : rest <= FOUR ? FOUR : EIGHT;
    int columns = matrix.columns();
    int padded = matrix.paddedColumns();
    int places = eights * EIGHT + (restWidth == 1 ? rest : restWidth);
    if (values.length < places * padded) {
      values = new float[places * padded];
    }
    if (row.length < columns) {
      row = new float[columns];
    }
    for (int group = 0; group < eights; group++) {
      interleave(x, group * EIGHT, EIGHT, EIGHT, columns, padded);
    }
    if (restWidth > 1) {
      interleave(x, eights * EIGHT, rest, restWidth, columns, padded);
    } else if (rest > 0) {
      singles(matrix, x);
    }
  }

  /** values[at + k * width + i] = x[first + i][k]. */
  private void interleave(
      MemorySegment x, int first, int count, int width, int columns, int padded) {
    int at = first * padded;
    if (count < width) {
      Arrays.fill(values, at, at + columns * width, 0);
    }
    for (int i = 0; i < count; i++) {
      MemorySegment.copy(x, ValueLayout.JAVA_FLOAT, at(first + i, columns), row, 0, columns);
      for (int k = 0, to = at + i; k < columns; k++, to += width) {
        values[to] = row[k];
      }
    }
    Arrays.fill(values, at + columns * width, at + padded * width, 0);
  }

  private void singles(PanelMatrix matrix, MemorySegment x) {
    int columns = matrix.columns();
    int padded = matrix.paddedColumns();
    int blocks = matrix.blocks();
    if (sums.length < rest * blocks) {
      sums = new float[rest * blocks];
    }
    for (int i = 0; i < rest; i++) {
      int token = eights * EIGHT + i;
      int at = token * padded;
      MemorySegment.copy(x, ValueLayout.JAVA_FLOAT, at(token, columns), values, at, columns);
      Arrays.fill(values, at + columns, at + padded, 0);
      for (int block = 0; block < blocks; block++) {
        sums[i * blocks + block] = sum(values, at + block * matrix.blockSize(), matrix.blockSize());
      }
    }
  }

  private long at(int token, int columns) {
    return (long) indexes[token] * columns * Float.BYTES;
  }

  private static float sum(float[] values, int from, int count) {
    FloatVector sum = FloatVector.zero(FLOATS);
    for (int i = 0; i < count; i += FLOATS.length()) {
      sum = sum.add(FloatVector.fromArray(FLOATS, values, from + i));
    }
    return Lanes.sum(sum.toArray());
  }

  int tokens() {
    return tokens;
  }

  int eights() {
    return eights;
  }

  int rest() {
    return rest;
  }

  int restWidth() {
    return restWidth;
  }

  float[] values() {
    return values;
  }

  float[] sums() {
    return sums;
  }
}
