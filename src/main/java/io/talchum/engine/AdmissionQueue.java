package io.talchum.engine;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Accepted sequences of one class without a slot, in order of arrival. Owned by the engine thread.
 */
final class AdmissionQueue {
  private final FairnessCounters counters = new FairnessCounters();
  private final EngineCore.Owner owner;
  private final List<Sequence> waiting = new ArrayList<>();
  private Instant freed = Instant.EPOCH;

  AdmissionQueue(EngineCore.Owner owner) {
    this.owner = owner;
  }

  void add(Sequence sequence) {
    waiting.add(sequence);
    try {
      counters.arrived(sequence.fairnessKey());
    } catch (Throwable e) {
      waiting.removeLast();
      throw e;
    }
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

  /** One has ended and gave its slot back. */
  void slotFreed(Sequence sequence, Instant now) {
    freed = now;
    counters.ended(sequence.fairnessKey());
  }

  /** One gave its slot back and goes on later, before all others. */
  void returned(Sequence sequence) {
    waiting.addFirst(sequence);
    counters.returned(sequence.fairnessKey(), sequence.promptTokens());
    owner.returned(sequence);
  }

  /** Takes out one that got a slot. */
  void admitted(Sequence sequence) {
    waiting.remove(sequence);
    counters.admitted(sequence.fairnessKey(), sequence.promptTokens());
    owner.leftQueue(sequence);
  }

  /** Takes out one that has ended. */
  void abandoned(Sequence sequence) {
    waiting.remove(sequence);
    counters.abandoned(sequence.fairnessKey());
    owner.leftQueue(sequence);
  }

  FairnessCounters counters() {
    return counters;
  }

  /** A live view. */
  List<Sequence> waiting() {
    return Collections.unmodifiableList(waiting);
  }
}
