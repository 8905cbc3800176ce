package io.talchum.engine;

import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Who gets a slot, and who runs.
 *
 * <p>Between classes: requests in the background get a quarter of the slots at most, and only while
 * none that somebody waits for waits; they give them back when they are needed. While others run,
 * they have a tenth of the model's time. So that they never starve, one of them has a slot to its
 * end after every {@value #BACKGROUND_EVERY} admissions of others.
 *
 * <p>Within a class: virtual token counters per fairness key (arXiv:2401.00588, algorithm 2). Pure
 * functions.
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

  /** Admissions of others after which one in the background has its turn. */
  static final int BACKGROUND_EVERY = 64;

  private static final int SLOTS_PER_BACKGROUND = 4;

  /** The background's part of the model's time while others run is one in so many. */
  private static final int BACKGROUND_SHARE = 10;

  /** What the background may take at once after it had none for a while. */
  static final Duration MOST_CREDIT = Duration.ofMillis(20);

  private Scheduler() {}

  /**
   * What waits for slots.
   *
   * @param backgroundRunning slots that requests in the background have
   * @param sinceBackground admissions of others while some waited in the background
   */
  record Demand(
      boolean onlineWaits,
      boolean backgroundWaits,
      int slots,
      int backgroundRunning,
      int sinceBackground) {

    /** Whether the next slot is the background's, whoever waits, and stays so. */
    boolean isBackgroundsTurn() {
      return backgroundWaits && backgroundRunning == 0 && sinceBackground >= BACKGROUND_EVERY;
    }

    private boolean backgroundMay() {
      return backgroundWaits && backgroundRunning < mostBackgroundSlots(slots);
    }
  }

  /** Whose request gets the next slot; null if nobody's. */
  static @Nullable RequestClass nextClass(Demand demand) {
    if (demand.isBackgroundsTurn()) {
      return RequestClass.BACKGROUND;
    }
    if (demand.onlineWaits()) {
      return RequestClass.ONLINE;
    }
    return demand.backgroundMay() ? RequestClass.BACKGROUND : null;
  }

  static int mostBackgroundSlots(int slots) {
    return Math.max(1, slots / SLOTS_PER_BACKGROUND);
  }

  /**
   * Time in the model that the background may take beside others; below zero it owes some.
   *
   * @param step how long the step ran
   * @param part of the step that was the background's, 0..1
   */
  static Duration credit(Duration before, Duration step, double part) {
    double gained = step.toNanos() * ((1 - part) / BACKGROUND_SHARE - part);
    Duration after = before.plusNanos(Math.round(gained));
    return after.compareTo(MOST_CREDIT) > 0 ? MOST_CREDIT : after;
  }

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
   * What of a step is the background's own: no row of others needs it. None if the background is
   * alone.
   */
  static double backgroundPart(List<SlotView> slots, StepPlan plan) {
    if (slots.stream().noneMatch(SlotView::isOnline)) {
      return 0;
    }
    return switch (plan) {
      case StepPlan.Idle idle -> 0;
      case StepPlan.Prefill prefill -> slots.get(prefill.slot()).isBackground() ? 1 : 0;
      case StepPlan.Decode decode -> {
        int needed = decode.rows();
        while (needed > 0 && !isDecodingOnline(slots.get(needed - 1))) {
          needed--;
        }
        yield 1 - (double) needed / decode.rows();
      }
    };
  }

  private static boolean isDecodingOnline(SlotView view) {
    return view.isOnline() && view.phase() == SlotView.Phase.DECODE;
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
