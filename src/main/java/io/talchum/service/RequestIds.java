package io.talchum.service;

import java.time.InstantSource;
import java.util.UUID;
import java.util.random.RandomGenerator;

/** Makes UUIDs of version 7 (RFC 9562 §5.7): sorted by time, unguessable tail. Any thread. */
public final class RequestIds {
  private final InstantSource clock;
  private final RandomGenerator random;

  /**
   * Ids from this clock.
   *
   * @param random thread-safe and unpredictable
   */
  public RequestIds(InstantSource clock, RandomGenerator random) {
    this.clock = clock;
    this.random = random;
  }

  /** The prefix followed by a fresh id of 32 hexadecimal digits. */
  public String next(String prefix) {
    long time = clock.millis() << 16 | 0x7000L | random.nextLong() & 0x0fffL;
    long tail = random.nextLong() & 0x3fffffffffffffffL | 0x8000000000000000L;
    return prefix + new UUID(time, tail).toString().replace("-", "");
  }
}
