package io.talchum.wiring;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.stream.LongStream;

/** Makes timers that are shown as histograms. Registering is slow: once each, not per request. */
record Timers(MeterRegistry meters) {
  private static final Duration[] BUCKETS =
      micros(
          1000,
          2000,
          5000,
          10_000,
          20_000,
          50_000,
          100_000,
          200_000,
          500_000,
          1_000_000,
          2_000_000,
          5_000_000,
          10_000_000,
          30_000_000,
          60_000_000);

  /** Fine enough to tell the 99th percentile of what should take less than a millisecond. */
  private static final Duration[] FINE_BUCKETS =
      micros(
          10, 20, 30, 50, 70, 100, 150, 200, 300, 400, 500, 600, 700, 800, 900, 1000, 1200, 1500,
          2000, 3000, 5000, 7000, 10_000, 20_000, 50_000, 100_000, 1_000_000);

  /** For what takes milliseconds to a minute. */
  Timer coarse(String name, String description, Tags tags) {
    return timer(name, description, tags, BUCKETS);
  }

  /** For what takes microseconds to milliseconds. */
  Timer fine(String name, String description, Tags tags) {
    return timer(name, description, tags, FINE_BUCKETS);
  }

  private Timer timer(String name, String description, Tags tags, Duration[] buckets) {
    return Timer.builder(name)
        .description(description)
        .tags(tags)
        .serviceLevelObjectives(buckets)
        .register(meters);
  }

  private static Duration[] micros(long... values) {
    return LongStream.of(values)
        .mapToObj(micros -> Duration.ofNanos(1000 * micros))
        .toArray(Duration[]::new);
  }
}
