package io.talchum.engine;

import java.time.Duration;

/** Told about what the engine measures; called on the engine thread, must not block. */
public interface EngineListener {
  /** Ignores everything. */
  EngineListener NONE = new EngineListener() {};

  /** After each request's terminal event. */
  default void onEnd(RequestOutcome outcome) {}

  /** A step failed, twice in a row or outside of the model; its requests have ended. */
  default void onStepFailed() {}

  /**
   * After each step.
   *
   * @param isPrefill a piece of one prompt, else a decode step
   * @param tokens prompt tokens, or running rows
   * @param duration of the model's run alone
   * @param overhead of all else in the step: plan, admission, sampling, commit
   */
  default void onStep(boolean isPrefill, int tokens, Duration duration, Duration overhead) {}
}
