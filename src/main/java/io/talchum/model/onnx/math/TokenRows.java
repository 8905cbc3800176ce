package io.talchum.model.onnx.math;

import java.lang.foreign.MemorySegment;

/**
 * Tokens' vectors anywhere in f32 memory.
 *
 * @param indexes which vectors of {@code width} numbers they are; the first {@code count} count
 */
public record TokenRows(MemorySegment data, int width, int[] indexes, int count) {
  /** Byte offset of a token's vector. */
  long at(int token) {
    return (long) indexes[token] * width * Float.BYTES;
  }
}
