package io.talchum.model.onnx.math;

import java.lang.foreign.MemorySegment;
import java.util.stream.IntStream;

/** Up to {@value DenseProduct#TOKENS} tokens' vectors in f32 memory. Owned by one thread. */
public final class TokenGroup {
  private static final int[] SEQUENCE = IntStream.range(0, DenseProduct.TOKENS).toArray();

  private final TokenRows rows;
  private final int first;
  private final int count;
  private final MemorySegment data;
  private final long[] at = new long[DenseProduct.TOKENS];

  /** Some of these, from a first one on. */
  public TokenGroup(TokenRows rows, int first, int count) {
    this.rows = rows;
    this.first = first;
    this.count = count;
    this.data = rows.data();
    for (int t = 0; t < count; t++) {
      at[t] = rows.at(first + t);
    }
  }

  /** Tokens that follow each other {@code width} numbers apart, from the memory's begin on. */
  public TokenGroup(MemorySegment data, int width, int count) {
    this(new TokenRows(data, width, SEQUENCE, count), 0, count);
  }

  MemorySegment data() {
    return data;
  }

  /** Byte offset of a token's vector. */
  long at(int token) {
    return at[token];
  }

  int count() {
    return count;
  }

  /** Multiplies some rows of a matrix with these tokens. */
  void multiply(AdapterMatrix matrix, int firstRow, int rows, DenseTile tile) {
    tile.multiply(matrix, firstRow, rows, this.rows, first, count);
  }

  public float get(int token, int index) {
    return VectorLoops.get(data, at[token] + (long) index * Float.BYTES);
  }

  public void set(int token, int index, float value) {
    VectorLoops.set(data, at[token] + (long) index * Float.BYTES, value);
  }

  /** this = a + b, of so many numbers each. */
  public void sum(TokenGroup a, TokenGroup b, int width) {
    for (int t = 0; t < count; t++) {
      MemorySegment.copy(a.data, a.at[t], data, at[t], (long) width * Float.BYTES);
      VectorLoops.addScaled(1, b.data, b.at[t], data, at[t], width);
    }
  }

  /** this = other. */
  public void copy(TokenGroup other, int width) {
    for (int t = 0; t < count; t++) {
      MemorySegment.copy(other.data, other.at[t], data, at[t], (long) width * Float.BYTES);
    }
  }

  /** A token becomes zeros. */
  public void clear(int token, int width) {
    data.asSlice(at[token], (long) width * Float.BYTES).fill((byte) 0);
  }

  /** Sum of products with another one's token. */
  public float dot(int token, TokenGroup other, int width) {
    MemorySegment vector = other.data.asSlice(other.at[token], (long) width * Float.BYTES);
    return VectorLoops.dot(vector, data, at[token]);
  }

  /** this += factor * terms. */
  public void add(float factor, TokenGroup terms, int width) {
    for (int t = 0; t < count; t++) {
      add(t, factor, terms, width);
    }
  }

  /** The same for one token. */
  public void add(int token, float factor, TokenGroup terms, int width) {
    VectorLoops.addScaled(factor, terms.data, terms.at[token], data, at[token], width);
  }
}
