package io.talchum.engine;

import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.ToLongFunction;

/**
 * Fair order of admission: virtual token counters per fairness key (arXiv:2401.00588, algorithm 2).
 * Pure functions.
 *
 * <p>Deviation: a key that begins to wait is also lifted to the counter at which the last admission
 * left its key. The paper has a fixed set of clients; an endless flow of new keys, each of which
 * begins at the lowest counter, would starve the others. This way newcomers advance together, as
 * one key would, and the lowest counter grows with the work done.
 */
final class Scheduler {
  /** Cost of one generated token; a prompt token costs 1 (the paper's w_q = 2, w_p = 1). */
  static final int GENERATED_TOKEN_COST = 2;

  private static final int SLOTS_PER_KEPT = 8;
  private static final Duration KEPT_FOR = Duration.ofMillis(20);

  private Scheduler() {}

  /** A request that waits for a slot. */
  interface Waiting {
    String fairnessKey();
  }

  /**
   * The index of the request to admit next: the earliest of the key with the lowest counter; of
   * keys with equal counters the one whose request came first. -1 if none waits.
   *
   * @param waiting in order of arrival
   */
  static int next(List<? extends Waiting> waiting, ToLongFunction<String> counter) {
    int best = -1;
    long lowest = Long.MAX_VALUE;
    for (int i = 0; i < waiting.size(); i++) {
      long tokens = counter.applyAsLong(waiting.get(i).fairnessKey());
      if (best < 0 || tokens < lowest) {
        best = i;
        lowest = tokens;
      }
    }
    return best;
  }

  /**
   * In how many slots a key may run for another of its requests to be admitted. The last free slot
   * is kept for a moment from keys that have their share: one with a backlog would take it before
   * another key, whose request has just ended, can send its next one (anticipatory scheduling, Iyer
   * and Druschel, SOSP 2001).
   *
   * @param sinceFreed how long ago a slot became free
   * @param keys those that ask, at least 1
   */
  static int mostSlots(int slots, int freeSlots, Duration sinceFreed, int keys) {
    boolean isKept = freeSlots <= slots / SLOTS_PER_KEPT && sinceFreed.compareTo(KEPT_FOR) < 0;
    return isKept ? Math.ceilDiv(slots, keys) : slots;
  }

  /**
   * The counter of a key that begins to wait: lifted so that time without requests earns no credit.
   *
   * @param own its counter so far, 0 for a new key
   * @param lowestWaiting lowest counter of the keys that wait already
   * @param lastAdmission counter of the key of the last admission, just after it was charged
   */
  static long lifted(long own, OptionalLong lowestWaiting, long lastAdmission) {
    return Math.max(own, Math.max(lastAdmission, lowestWaiting.orElse(0)));
  }
}
