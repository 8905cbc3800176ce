package io.talchum.engine;

import java.time.Duration;

/** How long a request that comes now will wait for a slot. Pure functions. */
final class WaitEstimate {
  /** Clients of OpenAI's API ignore a longer {@code Retry-After}. */
  static final Duration MOST = Duration.ofSeconds(60);

  static final Duration LEAST = Duration.ofSeconds(1);

  /** Weight of the latest request in the mean: about the last eight count. */
  private static final int MEMORY = 8;

  private WaitEstimate() {}

  /**
   * The mean of how long requests hold their slots, with one more.
   *
   * @param mean so far; zero if none has ended yet
   */
  static Duration mean(Duration mean, Duration latest) {
    return mean.isZero() ? latest : mean.plus(latest.minus(mean).dividedBy(MEMORY));
  }

  /**
   * When the requests that wait now have their slots and another one is free: each slot passes on
   * after the mean time that requests hold one (Little's law). Whole seconds, 1 to 60.
   *
   * @param slotTime mean time that a request holds its slot
   */
  static Duration of(int waiting, int slots, Duration slotTime) {
    double millis = (waiting + 1.0) * slotTime.toMillis() / slots;
    long seconds = (long) Math.ceil(Math.min(millis, MOST.toMillis()) / 1000);
    return Duration.ofSeconds(Math.max(LEAST.toSeconds(), seconds));
  }
}
