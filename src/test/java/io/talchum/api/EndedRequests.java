package io.talchum.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.search.Search;
import io.talchum.engine.Engine;
import java.util.concurrent.locks.LockSupport;

/** How requests ended, as the metrics count them, and how many still run. */
public record EndedRequests(MeterRegistry meters, Engine engine) {
  private static final int MOST_WAITS = 10_000;

  /** Requests that ended so; one that ran to its end is not among them. */
  public double cancelled() {
    return Search.in(meters)
        .name("talchum_requests")
        .tag("finish_reason", "cancelled")
        .counters()
        .stream()
        .mapToDouble(Counter::count)
        .sum();
  }

  /** One more than before has been cancelled, and nothing runs any more. */
  public void assertOneMoreCancelledThan(double before) {
    for (int i = 0; i < MOST_WAITS && cancelled() == before; i++) {
      LockSupport.parkNanos(1_000_000);
    }
    assertThat(cancelled()).as("cancelled requests").isEqualTo(before + 1);
    assertIdle();
  }

  public void assertIdle() {
    for (int i = 0; i < MOST_WAITS && engine.stats().running() > 0; i++) {
      LockSupport.parkNanos(1_000_000);
    }
    assertThat(engine.stats().running()).as("running requests").isZero();
  }
}
