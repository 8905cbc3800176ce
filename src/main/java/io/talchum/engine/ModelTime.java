package io.talchum.engine;

import java.time.Duration;
import java.time.Instant;

/** How long the model has run since the start. Owned by the engine thread. */
final class ModelTime {
  private Duration total = Duration.ZERO;
  private Instant lastStart = Instant.MIN;
  private Instant lastEnd = Instant.MIN;

  /** A step's run; runs come in order and do not overlap. */
  void ran(Instant start, Instant end) {
    total = total.plus(Duration.between(start, end));
    lastStart = start;
    lastEnd = end;
  }

  /** Of the last run. */
  Duration last() {
    return Duration.between(lastStart, lastEnd);
  }

  Instant lastEnd() {
    return lastEnd;
  }

  Duration total() {
    return total;
  }

  /** The total as it was at an instant that lies after the last run but one. */
  Duration totalAt(Instant instant) {
    if (!instant.isBefore(lastEnd)) {
      return total;
    }
    Instant from = instant.isBefore(lastStart) ? lastStart : instant;
    return total.minus(Duration.between(from, lastEnd));
  }
}
