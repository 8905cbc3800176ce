package io.talchum.engine;

import io.talchum.core.ServeException;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The probes that wait, and when the next one may run: in a free slot, as a step of its own, in
 * turn with decode steps and with prefill steps. Owned by the engine thread.
 */
final class ProbeLane {
  private final Queue<Probe> waiting = new ArrayDeque<>();
  private boolean lastWasProbe;

  void add(Probe probe) {
    waiting.add(probe);
  }

  boolean isEmpty() {
    return waiting.isEmpty();
  }

  /** Whether a probe needs the only free slot, which no request may have before. */
  boolean keepsSlot(SlotTable slots) {
    return !waiting.isEmpty() && slots.slots() - slots.running() == 1;
  }

  /**
   * The probe that runs in this step, if one does.
   *
   * @param afterDecode whether the last step was a decode step
   */
  @Nullable Probe next(SlotTable slots, boolean afterDecode) {
    while (!waiting.isEmpty() && waiting.element().isGivenUp()) {
      waiting.remove();
    }
    boolean isFree = slots.running() < slots.slots();
    boolean isTurn = (afterDecode || !any(slots, false)) && !(lastWasProbe && any(slots, true));
    if (waiting.isEmpty() || !isFree || !isTurn) {
      return null;
    }
    lastWasProbe = true;
    return waiting.remove();
  }

  /** A piece of a prompt was read. */
  void prefilled() {
    lastWasProbe = false;
  }

  void failAll(Supplier<ServeException> error) {
    while (!waiting.isEmpty()) {
      waiting.remove().fail(error.get());
    }
  }

  private static boolean any(SlotTable slots, boolean prefilling) {
    for (int slot = 0; slot < slots.slots(); slot++) {
      Sequence sequence = slots.get(slot);
      if (sequence != null && sequence.isPrefilling() == prefilling) {
        return true;
      }
    }
    return false;
  }
}
