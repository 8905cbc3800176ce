package io.talchum.api;

import jakarta.inject.Singleton;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Holds the decode steps of {@link LetterModel} while a test wants it; open otherwise. */
@Singleton
public class StepGate {
  private static final int OPEN = 1 << 30;
  private static final int MOST_SECONDS = 60;

  private final Semaphore steps = new Semaphore(OPEN);

  /** From now on a step runs for each {@link #step}. */
  public void hold() {
    steps.drainPermits();
  }

  /** Lets one step through. */
  public void step() {
    steps.release();
  }

  public void open() {
    steps.drainPermits();
    steps.release(OPEN);
  }

  /** On the engine thread. */
  void pass() {
    try {
      if (!steps.tryAcquire(MOST_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("a test has held the model for too long");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
