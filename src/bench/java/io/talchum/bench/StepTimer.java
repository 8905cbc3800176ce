package io.talchum.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.OptionalDouble;

/** How long a server's model has run since its start, by the timer of its {@code /metrics}. */
final class StepTimer {
  private static final String SUM = "talchum_step_seconds_sum";

  private StepTimer() {}

  /** Seconds; empty if the server has no such timer. */
  static OptionalDouble seconds(Target target, Duration timeout) throws IOException {
    Page page = Page.get(target, "/metrics", timeout);
    return page.status() == 200 ? sum(page.text()) : OptionalDouble.empty();
  }

  /** Over all phases. */
  static OptionalDouble sum(String metrics) {
    OptionalDouble sum = OptionalDouble.empty();
    for (String line : metrics.split("\n", -1)) {
      if (line.startsWith(SUM + "{") || line.startsWith(SUM + " ")) {
        String value = line.substring(line.lastIndexOf('}') + 1).replace(SUM, "").strip();
        sum = OptionalDouble.of(sum.orElse(0) + Double.parseDouble(value.split(" ", 2)[0]));
      }
    }
    return sum;
  }
}
