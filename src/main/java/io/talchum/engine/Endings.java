package io.talchum.engine;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;

/**
 * How sequences end: terminal event, then slot, lease, and whoever keeps count; each goes through
 * whatever becomes of the others. Engine thread.
 */
final class Endings {
  private final SlotTable slots;
  private final Admission admission;
  private final EngineTotals totals;
  private final EngineCore.Outside outside;

  Endings(SlotTable slots, Admission admission, EngineTotals totals, EngineCore.Outside outside) {
    this.slots = slots;
    this.admission = admission;
    this.totals = totals;
    this.outside = outside;
  }

  /** Ends those that were cancelled or whose deadline has passed. */
  void endLate(Instant now) {
    List<Sequence> waiting = admission.waiting();
    for (Sequence sequence : waiting) {
      if (endsBy(sequence, now)) {
        leaveQueue(sequence, now);
      }
    }
    for (int slot = 0; slot < slots.slots(); slot++) {
      Sequence sequence = slots.get(slot);
      if (sequence != null && endsBy(sequence, now)) {
        release(slot, sequence, now);
      }
    }
  }

  private static boolean endsBy(Sequence sequence, Instant now) {
    if (sequence.isCancelled()) {
      sequence.fail(new ServeException(ErrorCode.CANCELLED, "the client went away"));
    } else if (sequence.isPastDeadline(now)) {
      sequence.fail(
          new ServeException(
              ErrorCode.DEADLINE_EXCEEDED,
              "the deadline passed after "
                  + sequence.completionTokens()
                  + " tokens; allow more time or lower max_tokens"));
    }
    return sequence.hasEnded();
  }

  /** Ends everything that waits or runs. */
  void failAll(Supplier<ServeException> error, Instant now) {
    for (Sequence sequence : admission.waiting()) {
      sequence.fail(error.get());
      leaveQueue(sequence, now);
    }
    for (int slot = 0; slot < slots.slots(); slot++) {
      Sequence sequence = slots.get(slot);
      if (sequence != null) {
        sequence.fail(error.get());
        release(slot, sequence, now);
      }
    }
  }

  /** One that has a slot fails by what went wrong in its own processing or its step. */
  void fail(int slot, Sequence sequence, Throwable cause, Instant now) {
    sequence.fail(cause);
    release(slot, sequence, now);
  }

  /** One that has ended gives its slot back. */
  void release(int slot, Sequence sequence, Instant now) {
    try {
      slots.release(slot);
      if (sequence.requestClass() == RequestClass.ONLINE) {
        totals.heldSlot(sequence.times().heldSlot(now));
      }
      admission.slotFreed(sequence, now);
    } finally {
      tell(sequence, now);
    }
  }

  /** One that has ended leaves the queue. */
  void leaveQueue(Sequence sequence, Instant now) {
    try {
      admission.abandoned(sequence);
    } finally {
      tell(sequence, now);
    }
  }

  private void tell(Sequence sequence, Instant now) {
    closeLease(sequence);
    outside.owner().ended(sequence);
    totals.loadChanged();
    ExceptionBarrier.run(
        "the engine's listener",
        () -> outside.listener().onEnd(sequence.times().outcome(sequence, now)));
  }

  /** Elsewhere: it may unmap memory, and wait for a lock. */
  private void closeLease(Sequence sequence) {
    try {
      if (sequence.adapter() != null) {
        outside.releases().execute(sequence::closeLease);
      }
    } catch (Throwable e) {
      ExceptionBarrier.log("a lease could not be handed over; it is closed here", e);
      sequence.closeLease();
    }
  }
}
