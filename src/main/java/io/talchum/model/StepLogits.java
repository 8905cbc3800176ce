package io.talchum.model;

import java.lang.foreign.MemorySegment;

/**
 * Logits of one step.
 *
 * @param rows number of rows
 * @param vocabSize columns
 * @param values f32 [rows, vocabSize], native order; valid until the executor's next step; callers
 *     may write into it
 */
public record StepLogits(int rows, int vocabSize, MemorySegment values) {
  /** The logits of one row. */
  public MemorySegment row(int row) {
    return values.asSlice((long) row * vocabSize * Float.BYTES, (long) vocabSize * Float.BYTES);
  }
}
