package io.talchum.model;

import java.lang.foreign.MemorySegment;

/** Logits that lie in this process's memory, f32 [rows, vocabSize]. */
record HostLogits(int rows, int vocabSize, MemorySegment values) implements StepLogits {
  @Override
  public MemorySegment row(int row) {
    return values.asSlice((long) row * vocabSize * Float.BYTES, (long) vocabSize * Float.BYTES);
  }
}
