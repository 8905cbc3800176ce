package io.talchum.engine;

import io.talchum.adapter.AdapterLease;
import io.talchum.engine.SlotView.Phase;
import io.talchum.model.ModelExecutor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** Which sequence has which KV slot of the executor. Owned by the engine thread. */
final class SlotTable {
  private final ModelExecutor executor;
  private final @Nullable Sequence[] sequences;
  private final long[] orders;
  private long admissions;
  private int running;

  SlotTable(ModelExecutor executor) {
    this.executor = executor;
    this.sequences = new Sequence[executor.slots()];
    this.orders = new long[executor.slots()];
  }

  int slots() {
    return sequences.length;
  }

  int running() {
    return running;
  }

  @Nullable Sequence get(int slot) {
    return sequences[slot];
  }

  /** The free slot with the lowest number, or -1. */
  int lowestFree() {
    for (int slot = 0; slot < sequences.length; slot++) {
      if (sequences[slot] == null) {
        return slot;
      }
    }
    return -1;
  }

  /** Gives the slot to the sequence and binds its adapter; if that throws, the slot stays free. */
  void admit(int slot, Sequence sequence) {
    AdapterLease lease = sequence.adapter();
    try {
      executor.bind(slot, lease == null ? null : lease.resident());
      executor.expect(slot, sequence.promptTokenIds());
    } catch (RuntimeException e) {
      executor.release(slot);
      throw e;
    }
    sequences[slot] = sequence;
    orders[slot] = admissions++;
    running++;
  }

  /** Takes the slot back; the sequence's adapter may be closed then. */
  void release(int slot) {
    executor.release(slot);
    sequences[slot] = null;
    running--;
  }

  /** Copies KV and adapter, then the sequence is in the other slot. */
  void move(StepPlan.Move move) {
    executor.copySlot(move.from(), move.to(), move.tokens());
    executor.release(move.from());
    sequences[move.to()] = sequences[move.from()];
    orders[move.to()] = orders[move.from()];
    sequences[move.from()] = null;
  }

  /**
   * For planning, by slot number.
   *
   * @param reusing into which slots more of the prompt is copied
   */
  List<SlotView> views(IntPredicate reusing) {
    List<SlotView> views = new ArrayList<>(sequences.length);
    for (int slot = 0; slot < sequences.length; slot++) {
      Sequence sequence = sequences[slot];
      views.add(
          sequence == null
              ? SlotView.FREE
              : new SlotView(
                  reusing.test(slot)
                      ? Phase.REUSE
                      : sequence.isPrefilling() ? Phase.PREFILL : Phase.DECODE,
                  orders[slot],
                  sequence.kvTokens(),
                  sequence.promptTokens(),
                  sequence.tokensLeft(),
                  sequence.wantsPromptLogprobs(),
                  sequence.readsPromptWhole()));
    }
    return views;
  }

  double kvUsedFraction() {
    long used = 0;
    for (Sequence sequence : sequences) {
      used += sequence == null ? 0 : sequence.kvTokens();
    }
    return (double) used / ((long) sequences.length * executor.maxContextTokens());
  }
}
