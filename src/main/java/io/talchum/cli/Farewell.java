package io.talchum.cli;

import java.time.Duration;

/** What a server says when it is told to end, and when it has. */
public final class Farewell {
  private final Surroundings surroundings;

  public Farewell(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  /**
   * @param requests that run or wait
   * @param grace how long they may go on
   */
  public void draining(int requests, Duration grace) {
    surroundings
        .out()
        .printf(
            "draining %d %s%s%n",
            requests,
            requests == 1 ? "request" : "requests",
            requests == 0
                ? ""
                : ", %d s at most; a second signal ends them at once".formatted(grace.toSeconds()));
    surroundings.out().flush();
  }

  public void stopped() {
    surroundings.out().println("stopped");
    surroundings.out().flush();
  }
}
