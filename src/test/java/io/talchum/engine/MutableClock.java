package io.talchum.engine;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** A clock that stands still until told. */
final class MutableClock implements InstantSource {
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");

  /** Run whenever it is asked; may throw. */
  Runnable disturbance = () -> {};

  @Override
  public Instant instant() {
    disturbance.run();
    return now;
  }

  void advance(Duration duration) {
    now = now.plus(duration);
  }
}
