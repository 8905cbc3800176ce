package io.talchum.engine;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Accepted sequences without a slot, in order of arrival. Owned by the engine thread. */
final class AdmissionQueue {
  private final FairnessCounters counters;
  private final EngineCore.Owner owner;
  private final List<Sequence> waiting = new ArrayList<>();
  private Instant freed = Instant.EPOCH;

  AdmissionQueue(FairnessCounters counters, EngineCore.Owner owner) {
    this.counters = counters;
    this.owner = owner;
  }

  void add(Sequence sequence) {
    counters.arrived(sequence.fairnessKey());
    waiting.add(sequence);
  }

  boolean isEmpty() {
    return waiting.isEmpty();
  }

  /** The one to admit next, if any may be; stays in the queue. */
  @Nullable Sequence next(int slots, int freeSlots, Instant now) {
    if (waiting.isEmpty()) {
      return null;
    }
    int most =
        Scheduler.mostSlots(slots, freeSlots, Duration.between(freed, now), counters.asking());
    List<Sequence> allowed =
        waiting.stream().filter(each -> counters.running(each.fairnessKey()) < most).toList();
    int next = Scheduler.next(allowed, counters::tokens);
    return next < 0 ? null : allowed.get(next);
  }

  /** A request of the key gave its slot back. */
  void slotFreed(String key, Instant now) {
    counters.ended(key);
    freed = now;
  }

  /** Takes out one that got a slot. */
  void admitted(Sequence sequence) {
    waiting.remove(sequence);
    counters.admitted(sequence.fairnessKey(), sequence.promptTokens());
    owner.leftQueue();
  }

  /** Takes out one that has ended. */
  void abandoned(Sequence sequence) {
    waiting.remove(sequence);
    counters.abandoned(sequence.fairnessKey());
    owner.leftQueue();
  }

  /** A live view. */
  List<Sequence> waiting() {
    return Collections.unmodifiableList(waiting);
  }
}
