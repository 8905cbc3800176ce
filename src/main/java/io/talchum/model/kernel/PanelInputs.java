package io.talchum.model.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.stream.IntStream;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The inputs of a product, arranged for its loops: groups of eight tokens where there are many,
 * then of 4, 2 or 1, the last perhaps with an empty place, and sums of these over each block. One
 * thread fills, then many read.
 */
public final class PanelInputs {
  static final int EIGHT = 8;

  /** Tokens from which on it pays to unpack a panel for groups of eight. */
  private static final int MANY = 24;

  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = FLOATS.length();

  /** What an int has less as a signed number whose highest bit is inverted. */
  private static final float HIGHEST_BIT = 0x1p31f;

  /** Of nibbles, bytes and shorts, for groups of 1, 2 and 4 tokens. */
  private static final float[][][] SCALES = {
    {newScales(4, 1), newScales(4, 2), newScales(4, 4)},
    {newScales(8, 1), newScales(8, 2), newScales(8, 4)},
    {newScales(16, 1), newScales(16, 2), newScales(16, 4)}
  };

  private final float[] lanes = new float[LANES];
  private float[] values = new float[0];
  private float[] sums = new float[0];
  private float[] row = new float[0];
  private int[] inOrder = new int[0]; // 0, 1, 2 ...
  private int tokens;
  private int eights; // groups of eight

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
    this.tokens = tokens;
    eights = tokens < MANY ? 0 : tokens / EIGHT;
    int columns = matrix.columns();
    int padded = matrix.paddedColumns();
    int places = tokens + 1; // one may be empty
    if (values.length < places * padded) {
      values = new float[places * padded];
    }
    if (sums.length < 2 * places * matrix.blocks()) {
      sums = new float[2 * places * matrix.blocks()];
    }
    if (row.length < columns) {
      row = new float[columns];
    }
    for (int token = 0; token < tokens; token += width(token)) {
      interleave(x, indexes, token, columns, padded);
      if (token >= eights * EIGHT) {
        sumAndScale(matrix, token, width(token));
      }
    }
  }

  /** Places of the group that begins at a token: one empty place is cheaper than two groups. */
  int width(int token) {
    int left = tokens - token;
    return token < eights * EIGHT ? EIGHT : left > 2 ? 4 : left;
  }

  /** values[token * padded + k * width + i] = x[indexes[token + i]][k]. */
  private void interleave(MemorySegment x, int[] indexes, int token, int columns, int padded) {
    int width = width(token);
    int count = Math.min(width, tokens - token);
    int at = token * padded;
    if (count < width) {
      Arrays.fill(values, at, at + columns * width, 0);
    }
    for (int i = 0; i < count; i++) {
      long from = (long) indexes[token + i] * columns * Float.BYTES;
      MemorySegment.copy(x, ValueLayout.JAVA_FLOAT, from, row, 0, columns);
      for (int k = 0, to = at + i; k < columns; k++, to += width) {
        values[to] = row[k];
      }
    }
    Arrays.fill(values, at + columns * width, at + padded * width, 0);
  }

  /** Sums a group's blocks, and makes up for the places at which quants stand in an int. */
  private void sumAndScale(PanelMatrix matrix, int token, int width) {
    float[] scales = scales(matrix.bits(), width);
    int steps = Integer.SIZE / matrix.bits();
    int count = matrix.blockSize() * width;
    int at = token * matrix.paddedColumns();
    int to = 2 * token * matrix.blocks();
    for (int block = 0; block < matrix.blocks(); block++, at += count, to += 2 * width) {
      sumAndScale(at, count, scales);
      for (int i = 0; i < width; i++) {
        float sum = 0;
        for (int lane = i; lane < LANES; lane += width) {
          sum += lanes[lane];
        }
        float last = 0;
        for (int k = (steps - 1) * width + i; k < count; k += steps * width) {
          last += values[at + k];
        }
        sums[to + i] = sum;
        sums[to + width + i] = HIGHEST_BIT * last;
      }
    }
  }

  /** lanes[i] = the sum of values at i, i + lanes, i + 2 lanes ... */
  private void sumAndScale(int from, int count, float[] scales) {
    FloatVector sum = FloatVector.zero(FLOATS);
    for (int i = 0; i < count; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, values, from + i);
      sum = sum.add(x);
      x.mul(FloatVector.fromArray(FLOATS, scales, i & scales.length - 1))
          .intoArray(values, from + i);
    }
    sum.intoArray(lanes, 0);
  }

  private static float[] scales(int bits, int width) {
    return SCALES[bits / 8][width / 2];
  }

  /** Of at least a vector: 2^(-bits i) for the i-th column of an int, for each token. */
  private static float[] newScales(int bits, int width) {
    int steps = Integer.SIZE / bits;
    float[] scales = new float[Math.max(LANES, steps * width)];
    for (int i = 0; i < scales.length; i++) {
      scales[i] = Math.scalb(1f, -bits * (i / width % steps));
    }
    return scales;
  }

  int eights() {
    return eights;
  }

  int tokens() {
    return tokens;
  }

  /**
   * f32 [group][columns, width], a group at {@code token * padded columns}: x in groups of eight,
   * else x 2^(-bits i) in the i-th column of an int.
   */
  float[] values() {
    return values;
  }

  /**
   * f32 [group][blocks, 2, width], a group at {@code 2 * token * blocks}, none of eight: sum_k x_k,
   * then 2^(bits - 1) sum_k x_k over the last column of each int.
   */
  float[] sums() {
    return sums;
  }
}
