package io.talchum.huggingface;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * How long and how often the hub is waited for.
 *
 * @param attempts of one request, or of one file without headway
 * @param stall a transfer that brings nothing for so long is broken off and resumed
 * @param pause waits
 */
record RetryPolicy(int attempts, Duration stall, Pause pause) {
  /** Longer waits are refused with the number. */
  private static final Duration LONGEST = Duration.ofSeconds(120);

  static final RetryPolicy DEFAULT = new RetryPolicy(5, Duration.ofSeconds(60), RetryPolicy::await);

  /** Waits for a time. */
  @FunctionalInterface
  interface Pause {
    void await(Duration time) throws InterruptedException;
  }

  /** Before the attempt after this many failed ones. */
  Duration backoff(int failed) {
    return Duration.ofMillis(500L << Math.min(failed, 6));
  }

  boolean isTooLong(Duration wait) {
    return wait.compareTo(LONGEST) > 0;
  }

  private static void await(Duration time) throws InterruptedException {
    boolean never = new CountDownLatch(1).await(time.toMillis(), TimeUnit.MILLISECONDS);
    if (never) {
      throw new IllegalStateException("nobody counts down");
    }
  }
}
