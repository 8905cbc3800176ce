package io.talchum.cli;

import java.time.Duration;

/** What a server says when it is told to end, and when it has. */
public final class Farewell {
  private final ProcessEnvironment process;

  public Farewell(ProcessEnvironment process) {
    this.process = process;
  }

  /**
   * @param requests that run or wait
   * @param grace how long they may go on
   */
  public void draining(int requests, Duration grace) {
    process
        .out()
        .printf(
            "draining %d %s%s%n",
            requests,
            requests == 1 ? "request" : "requests",
            requests == 0
                ? ""
                : ", %d s at most; a second signal ends them at once".formatted(grace.toSeconds()));
    process.out().flush();
  }

  public void stopped() {
    process.out().println("stopped");
    process.out().flush();
  }
}
