package io.talchum.model.onnx;

import java.lang.foreign.MemorySegment;

/**
 * Up to {@value DenseProduct#TOKENS} tokens' vectors in f32 memory; the last one stands for those
 * that are missing. Owned by one thread.
 */
final class TokenGroup {
  private MemorySegment data = MemorySegment.NULL;
  private final long[] at = new long[DenseProduct.TOKENS];
  private int count;

  /** Tokens that follow each other {@code width} numbers apart. */
  TokenGroup over(MemorySegment data, long firstToken, int width, int count) {
    this.data = data;
    this.count = count;
    for (int t = 0; t < at.length; t++) {
      at[t] = (firstToken + Math.min(t, count - 1)) * width * Float.BYTES;
    }
    return this;
  }

  MemorySegment data() {
    return data;
  }

  /** Byte offsets, [{@value DenseProduct#TOKENS}]. */
  long[] at() {
    return at;
  }

  int count() {
    return count;
  }

  float get(int token, int index) {
    return VectorLoops.get(data, at[token] + (long) index * Float.BYTES);
  }

  void set(int token, int index, float value) {
    VectorLoops.set(data, at[token] + (long) index * Float.BYTES, value);
  }

  /** this = a + b, of so many numbers each. */
  void sum(TokenGroup a, TokenGroup b, int width) {
    for (int t = 0; t < count; t++) {
      MemorySegment.copy(a.data, a.at[t], data, at[t], (long) width * Float.BYTES);
      VectorLoops.addScaled(1, b.data, b.at[t], data, at[t], width);
    }
  }

  /** this += factor * terms. */
  void add(float factor, TokenGroup terms, int width) {
    for (int t = 0; t < count; t++) {
      VectorLoops.addScaled(factor, terms.data, terms.at[t], data, at[t], width);
    }
  }
}
