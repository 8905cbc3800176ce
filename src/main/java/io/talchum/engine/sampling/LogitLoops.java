package io.talchum.engine.sampling;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import io.talchum.core.TokenMask;
import java.lang.foreign.MemorySegment;

/**
 * Rows of logits, f32 in native order, and the loops over them: plain ones at first, those of the
 * Vector API once they are compiled.
 */
final class LogitLoops {
  /** Floats summed in single precision before the sum goes on in double precision. */
  static final int BLOCK = 1024;

  /** Below this, exp is taken as 0: the vector loops scale by 2^n, which must stay normal. */
  static final float EXP_FLOOR = -86f;

  private static volatile RowLoops loops = new PlainRowLoops();

  private LogitLoops() {}

  /** From now on these, which give the same bits as those before. */
  static void use(RowLoops faster) {
    loops = faster;
  }

  static int length(MemorySegment row) {
    return (int) (row.byteSize() / Float.BYTES);
  }

  static float get(MemorySegment row, int index) {
    return row.get(JAVA_FLOAT_UNALIGNED, (long) index * Float.BYTES);
  }

  static void set(MemorySegment row, int index, float value) {
    row.set(JAVA_FLOAT_UNALIGNED, (long) index * Float.BYTES, value);
  }

  /** The largest value; NaN if any is NaN. */
  static float max(MemorySegment row) {
    return loops.max(row);
  }

  /**
   * Minus infinity for what the mask forbids; 64 tokens of which none is forbidden are not touched.
   */
  static void forbid(MemorySegment row, TokenMask mask) {
    int n = length(row);
    if (n != mask.vocabSize()) {
      throw new IllegalArgumentException(
          "a mask of %d tokens for a row of %d".formatted(mask.vocabSize(), n));
    }
    for (int word = 0; word < mask.words(); word++) {
      long forbidden = mask.forbidden(word);
      if (forbidden != 0) {
        int start = word * Long.SIZE;
        loops.forbid(row, start, Math.min(Long.SIZE, n - start), forbidden);
      }
    }
  }

  /** The first index that holds the value, or -1. */
  static int indexOf(MemorySegment row, float value) {
    return loops.indexOf(row, value);
  }

  /**
   * The first index in [from, length) of a stretch that holds a value above the threshold: the
   * stretch starts there and is {@link #stretch} long. Length if there is none; the tail shorter
   * than a stretch always counts.
   */
  static int nextStretchAbove(MemorySegment row, int from, float threshold) {
    return loops.nextStretchAbove(row, from, threshold);
  }

  static int stretch() {
    return loops.stretch();
  }

  /** Sum over the row of exp((x - max) * scale). */
  static double sumExp(MemorySegment row, float max, float scale) {
    int n = length(row);
    double sum = 0;
    for (int start = 0; start < n; start += BLOCK) {
      sum += blockSumExp(row, start, Math.min(start + BLOCK, n), max, scale);
    }
    return sum;
  }

  /**
   * The same sum over [start, end), at most a {@link #BLOCK}; the same bits each time on machines
   * with the same vector length, whichever loops run.
   */
  static double blockSumExp(MemorySegment row, int start, int end, float max, float scale) {
    return loops.blockSumExp(row, start, end, max, scale);
  }

  /** exp of a single value, cut off where the vectors are. */
  static float exp(float x) {
    return x < EXP_FLOOR ? 0f : (float) Math.exp(x);
  }
}
