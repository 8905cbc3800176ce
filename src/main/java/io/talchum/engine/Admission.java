package io.talchum.engine;

import io.talchum.engine.Scheduler.Demand;
import java.time.Instant;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The sequences that wait, and how they come to a slot. {@link Scheduler} says whose turn it is.
 * Engine thread.
 */
final class Admission {
  private final SlotTable slots;
  private final AdmissionQueue online;
  private final AdmissionQueue background;
  private int sinceBackground;

  Admission(SlotTable slots, EngineCore.Owner owner) {
    this.slots = slots;
    this.online = new AdmissionQueue(owner);
    this.background = new AdmissionQueue(owner);
  }

  void add(Sequence sequence) {
    queue(sequence.requestClass()).add(sequence);
  }

  boolean isEmpty() {
    return online.isEmpty() && background.isEmpty();
  }

  boolean someoneWaits() {
    return !online.isEmpty();
  }

  /** Whether all slots are taken or promised to others. */
  boolean wouldWait() {
    return slots.free() <= online.waiting().size();
  }

  /** All that wait. */
  List<Sequence> waiting() {
    return Stream.concat(online.waiting().stream(), background.waiting().stream()).toList();
  }

  /** A live view. */
  List<Sequence> waiting(RequestClass requestClass) {
    return queue(requestClass).waiting();
  }

  FairnessCounters counters(RequestClass requestClass) {
    return queue(requestClass).counters();
  }

  /**
   * A sequence that gets its slot now.
   *
   * @param keepsSlot whether nobody takes it back before the end
   */
  record Next(Sequence sequence, int slot, boolean keepsSlot) {}

  /**
   * Who is next, and where; takes a slot back from the background for it if need be.
   *
   * @param slotIsKept whether the only free slot is not to be given away
   */
  @Nullable Next next(Instant now, BooleanSupplier slotIsKept) {
    Demand demand =
        new Demand(
            !online.isEmpty(),
            !background.isEmpty(),
            slots.slots(),
            slots.running(RequestClass.BACKGROUND),
            sinceBackground);
    RequestClass next = Scheduler.nextClass(demand);
    if (next == null) {
      return null;
    }
    Sequence sequence = queue(next).next(slots.slots(), Math.max(1, slots.free()), now);
    if (sequence != null && slots.free() == 0 && next == RequestClass.ONLINE) {
      preempt();
    }
    if (sequence == null || slots.free() == 0 || slotIsKept.getAsBoolean()) {
      return null;
    }
    return next == RequestClass.ONLINE
        ? new Next(sequence, slots.lowestFree(), true)
        : new Next(sequence, slots.highestFree(), demand.isBackgroundsTurn());
  }

  /** Takes the slot of the one in the background that loses least by it. */
  private void preempt() {
    int victim = -1;
    for (int slot = 0; slot < slots.slots(); slot++) {
      Sequence sequence = slots.get(slot);
      if (sequence != null
          && sequence.canBePreempted()
          && (victim < 0 || sequence.kvTokens() < tokens(victim))) {
        victim = slot;
      }
    }
    Sequence sequence = victim < 0 ? null : slots.get(victim);
    if (sequence != null) {
      slots.release(victim);
      sequence.preempted();
      background.returned(sequence);
    }
  }

  private int tokens(int slot) {
    Sequence sequence = slots.get(slot);
    return sequence == null ? 0 : sequence.kvTokens();
  }

  void admitted(Sequence sequence) {
    if (sequence.requestClass() == RequestClass.BACKGROUND) {
      sinceBackground = 0;
    } else if (!background.isEmpty()) {
      sinceBackground++;
    }
    queue(sequence.requestClass()).admitted(sequence);
  }

  /** It has ended without a slot. */
  void abandoned(Sequence sequence) {
    queue(sequence.requestClass()).abandoned(sequence);
  }

  /** It has ended and gave its slot back. */
  void slotFreed(Sequence sequence, Instant now) {
    queue(sequence.requestClass()).slotFreed(sequence, now);
  }

  void generated(Sequence sequence) {
    counters(sequence.requestClass()).generated(sequence.fairnessKey());
  }

  private AdmissionQueue queue(RequestClass requestClass) {
    return switch (requestClass) {
      case ONLINE -> online;
      case BACKGROUND -> background;
    };
  }
}
