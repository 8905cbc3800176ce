package io.talchum.engine;

import java.util.List;
import java.util.OptionalLong;
import java.util.function.ToLongFunction;

/**
 * Fair order of admission: virtual token counters per fairness key (arXiv:2401.00588, algorithm 2).
 * Pure functions.
 *
 * <p>Deviation: every {@value #OLDEST_EVERY}th admission goes to the oldest request. The paper has
 * a fixed set of clients; an endless flow of new keys, each of which begins at the lowest counter,
 * would starve the others for ever.
 */
final class Scheduler {
  /** Cost of one generated token; a prompt token costs 1 (the paper's w_q = 2, w_p = 1). */
  static final int GENERATED_TOKEN_COST = 2;

  static final int OLDEST_EVERY = 8;

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
   * @param admissions made so far
   */
  static int next(
      List<? extends Waiting> waiting, ToLongFunction<String> counter, long admissions) {
    if (!waiting.isEmpty() && admissions % OLDEST_EVERY == OLDEST_EVERY - 1) {
      return 0;
    }
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
   * The counter of a key that begins to wait: lifted so that time without requests earns no credit.
   *
   * @param own its counter so far, 0 for a new key
   * @param lowestWaiting lowest counter of the keys that wait already
   * @param lastLeft counter of the key whose request was the last to leave the queue
   */
  static long lifted(long own, OptionalLong lowestWaiting, long lastLeft) {
    return Math.max(own, lowestWaiting.orElse(lastLeft));
  }
}
