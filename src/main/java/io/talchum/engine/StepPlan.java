package io.talchum.engine;

import io.talchum.model.LogitRows;
import org.jspecify.annotations.Nullable;

/** What one step does; plain data, may be run twice with the same result. */
sealed interface StepPlan {
  /** No slot has work. */
  record Idle() implements StepPlan {}

  /**
   * One token for each decoding slot below {@code rows}; the others in that range run idle.
   *
   * @param move made before the run; null for none
   */
  record Decode(int rows, @Nullable Move move) implements StepPlan {}

  /** Prompt tokens [start, start + tokens) of one slot. */
  record Prefill(int slot, int start, int tokens, LogitRows logits) implements StepPlan {}

  /** A sequence changes to a lower, free slot, so that fewer rows run. */
  record Move(int from, int to, int tokens) {}
}
