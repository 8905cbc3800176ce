package io.talchum.engine;

import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;

/** The virtual token counters that {@link Scheduler} reads. Owned by the engine thread. */
final class FairnessCounters {
  /** Above this many keys, those that owe nothing and have no requests are forgotten. */
  private static final int MAX_IDLE_KEYS = 1024;

  /** A key counts as one that asks while no more than so many requests began since its last one. */
  private static final int MEMORY = 64;

  private final Map<String, Counter> counters = new HashMap<>();
  private long lastAdmission;
  private long admissions;

  private static final class Counter {
    private long tokens;
    private int waiting;
    private int running;
    private long lastSeen; // the number of admissions then

    private boolean isIdle() {
      return waiting + running == 0;
    }
  }

  long tokens(String key) {
    Counter counter = counters.get(key);
    return counter == null ? 0 : counter.tokens;
  }

  /** A request of the key joins the queue. */
  void arrived(String key) {
    Counter counter = counters.computeIfAbsent(key, k -> new Counter());
    if (counter.waiting == 0) {
      counter.tokens = Scheduler.lifted(counter.tokens, lowestWaiting(), lastAdmission);
    }
    counter.waiting++;
    counter.lastSeen = admissions;
  }

  /** A request of the key leaves the queue for a slot. */
  void admitted(String key, int promptTokens) {
    Counter counter = leave(key);
    counter.tokens += promptTokens;
    lastAdmission = counter.tokens;
    counter.running++;
    admissions++;
  }

  /** A request of the key gives its slot back and waits again; it has not had what it paid for. */
  void returned(String key, int promptTokens) {
    Counter counter = get(key);
    counter.tokens -= promptTokens;
    counter.running--;
    counter.waiting++;
  }

  /** A request of the key leaves the queue without a slot. */
  void abandoned(String key) {
    leave(key);
    forgetIdle();
  }

  void generated(String key) {
    get(key).tokens += Scheduler.GENERATED_TOKEN_COST;
  }

  /** A request of the key gives its slot back. */
  void ended(String key) {
    Counter counter = get(key);
    counter.running--;
    counter.lastSeen = admissions;
    forgetIdle();
  }

  int running(String key) {
    return get(key).running;
  }

  /** Number of keys with requests, or whose last one was not long ago. */
  int asking() {
    return (int)
        counters.values().stream()
            .filter(counter -> !counter.isIdle() || admissions - counter.lastSeen < MEMORY)
            .count();
  }

  /** Waiting and running requests of each key that has any. */
  Map<String, Integer> requests() {
    Map<String, Integer> requests = new HashMap<>();
    counters.forEach(
        (key, counter) -> {
          if (!counter.isIdle()) {
            requests.put(key, counter.waiting + counter.running);
          }
        });
    return requests;
  }

  /** Number of keys that are remembered. */
  int size() {
    return counters.size();
  }

  private OptionalLong lowestWaiting() {
    return counters.values().stream()
        .filter(counter -> counter.waiting > 0)
        .mapToLong(counter -> counter.tokens)
        .min();
  }

  private Counter leave(String key) {
    Counter counter = get(key);
    counter.waiting--;
    return counter;
  }

  private Counter get(String key) {
    Counter counter = counters.get(key);
    if (counter == null) {
      throw new IllegalStateException("no requests are counted for key " + key);
    }
    return counter;
  }

  /**
   * Keeps the map bounded. A key at or below the last leaver's counter would be lifted to it
   * anyway; if that is not enough, every idle key starts anew.
   */
  private void forgetIdle() {
    if (counters.size() <= MAX_IDLE_KEYS) {
      return;
    }
    counters.values().removeIf(c -> c.isIdle() && c.tokens <= lastAdmission);
    if (counters.size() > MAX_IDLE_KEYS) {
      counters.values().removeIf(c -> c.isIdle());
    }
  }
}
