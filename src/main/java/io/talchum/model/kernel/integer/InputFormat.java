package io.talchum.model.kernel.integer;

/**
 * How the rounded inputs of a group of tokens lie in memory, per block of columns: the quants s8
 * [digits][tokens][columns], the highest digit first; then f32 [tokens] scales d, s32 [tokens] -8
 * sum(q) and f32 [tokens] d sum(q). An input is d q, q = 256 hi + lo with two digits.
 *
 * @param columns of a block
 * @param digits bytes per number, 1 or 2
 * @param tokens of the group
 */
record InputFormat(int columns, int digits, int tokens) {
  /** A block's largest magnitude counts as at least this, so that its inverse is finite. */
  static final float SMALLEST = 1e-30f;

  /** What the largest number of a block becomes: 127, or 127 * 256 + 127. */
  int levels() {
    return digits == 1 ? 127 : 32639;
  }

  int quantsAt(int digit, int token) {
    return (digit * tokens + token) * columns;
  }

  int scalesAt() {
    return digits * tokens * columns;
  }

  int startsAt() {
    return scalesAt() + tokens * Float.BYTES;
  }

  int sumsAt() {
    return startsAt() + tokens * Integer.BYTES;
  }

  int recordBytes() {
    return sumsAt() + tokens * Float.BYTES;
  }
}
