package io.talchum.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import io.talchum.engine.Engine;
import jakarta.inject.Singleton;
import java.util.concurrent.locks.LockSupport;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/**
 * Clients that leave while the model is held, so that their requests cannot end by themselves: they
 * ask for more tokens than steps are let through.
 */
@Singleton
public class Abandonment {
  /** What the requests ask for at least. */
  public static final int TOKENS = 480;

  private static final int MOST_STEPS = TOKENS - 80;
  private static final int MOST_WAITS = 10_000;

  private final Engine engine;
  private final StepGate gate;
  private final EndedRequests ended;

  public Abandonment(Engine engine, StepGate gate, MeterRegistry meters) {
    this.engine = engine;
    this.gate = gate;
    this.ended = new EndedRequests(meters, engine);
  }

  /** The request of the client that leaves is cancelled, and its slot is free. */
  public void assertCancels(ThrowingCallable ask, ThrowingCallable leave) throws Throwable {
    ended.assertIdle();
    double before = ended.cancelled();
    gate.hold();
    try {
      ask.call();
      awaitLoad(1, 0);
      leave.call();
      stepUntilCancelled(before);
    } finally {
      gate.open();
    }
    assertThat(ended.cancelled()).as("cancelled requests").isEqualTo(before + 1);
    ended.assertIdle();
  }

  /** The same for a request that waits for a slot; those that run do not end by it. */
  public void assertLeavesTheQueue(int running, ThrowingCallable ask, ThrowingCallable leave)
      throws Throwable {
    double before = ended.cancelled();
    awaitLoad(running, 0);
    ask.call();
    awaitLoad(running, 1);
    leave.call();
    stepUntilCancelled(before);
    assertThat(ended.cancelled()).as("cancelled requests").isEqualTo(before + 1);
    assertThat(engine.stats().waiting()).isZero();
    assertThat(engine.stats().running()).isEqualTo(running);
  }

  /** Lets steps through until so many requests have slots; each step admits one. */
  public void stepUntilRunning(int running) {
    for (int i = 0; i < MOST_STEPS / 10 && engine.stats().running() < running; i++) {
      gate.step();
      LockSupport.parkNanos(10_000_000);
    }
    awaitLoad(running, 0);
  }

  /** So many have slots, and so many wait for one. */
  public void awaitLoad(int running, int waiting) {
    for (int i = 0; i < MOST_WAITS && !isLoad(running, waiting); i++) {
      LockSupport.parkNanos(1_000_000);
    }
    assertThat(engine.stats().running()).as("running requests").isEqualTo(running);
    assertThat(engine.stats().waiting()).as("waiting requests").isEqualTo(waiting);
  }

  private boolean isLoad(int running, int waiting) {
    return engine.stats().running() == running && engine.stats().waiting() == waiting;
  }

  private void stepUntilCancelled(double before) {
    for (int i = 0; i < MOST_STEPS && ended.cancelled() == before; i++) {
      gate.step();
      LockSupport.parkNanos(10_000_000);
    }
  }
}
