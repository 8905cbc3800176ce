package io.talchum.model;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Logits of one step; valid until the executor's next step. Engine thread. */
public interface StepLogits {
  int rows();

  int vocabSize();

  /**
   * The logits of one row, f32 [vocabSize], native order; callers may write into it. Copied from
   * the device where the model runs on one.
   */
  MemorySegment row(int row);

  /** The row's likeliest tokens if the executor sorted them out where it computed them. */
  default @Nullable Candidates candidates(int row) {
    return null;
  }

  /**
   * The likeliest tokens of a row, best first.
   *
   * @param ids token ids
   * @param logits their logits, same order
   */
  record Candidates(int[] ids, float[] logits) {}

  /**
   * Logits in this process's memory.
   *
   * @param values f32 [rows, vocabSize], native order
   */
  static StepLogits of(int rows, int vocabSize, MemorySegment values) {
    return new HostLogits(rows, vocabSize, values);
  }
}
