package io.talchum.engine;

import io.talchum.model.StepLogits;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.Supplier;

/**
 * Runs the model and says how long it took. Until a step is committed nothing has changed, so one
 * that fails is run once more; the second failure is the caller's. Engine thread.
 */
final class StepRunner {
  private final InstantSource clock;
  private final ModelTime modelTime = new ModelTime();

  StepRunner(InstantSource clock) {
    this.clock = clock;
  }

  ModelTime modelTime() {
    return modelTime;
  }

  StepLogits run(Supplier<StepLogits> step) {
    return timed(() -> retried(step));
  }

  <T> T timed(Supplier<T> work) {
    Instant start = clock.instant();
    T result = work.get();
    modelTime.ran(start, clock.instant());
    return result;
  }

  /** Of the last run. */
  Duration last() {
    return modelTime.last();
  }

  Instant lastEnd() {
    return modelTime.lastEnd();
  }

  static <T> T retried(Supplier<T> work) {
    try {
      return work.get();
    } catch (Throwable e) {
      ExceptionBarrier.log("a step failed; nothing was committed, it is run again", e);
      return work.get();
    }
  }
}
