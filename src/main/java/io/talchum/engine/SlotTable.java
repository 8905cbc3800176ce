package io.talchum.engine;

import io.talchum.adapter.AdapterLease;
import io.talchum.engine.SlotView.Phase;
import io.talchum.model.ModelExecutor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which sequence has which KV slot, and which adapter version the executor has bound to it. A freed
 * slot keeps its adapter until it is in the way, so that the next request of the same version is
 * admitted without a copy. Owned by the engine thread.
 */
final class SlotTable {
  /** Bound to nothing: the bare base. */
  private static final Object BASE = "base";

  /** A bind failed half way. */
  private static final Object UNKNOWN = "unknown";

  private final ModelExecutor executor;
  private final @Nullable Sequence[] sequences;
  private final Object[] bound; // BASE, UNKNOWN or the version's ContentHash
  private final long[] orders;
  private long admissions;
  private int running;

  SlotTable(ModelExecutor executor) {
    this.executor = executor;
    this.sequences = new Sequence[executor.slots()];
    this.bound = new Object[executor.slots()];
    this.orders = new long[executor.slots()];
    Arrays.fill(bound, UNKNOWN);
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
    Object wanted = lease == null ? BASE : lease.id().version();
    if (!bound[slot].equals(wanted)) {
      bound[slot] = UNKNOWN;
      executor.bind(slot, lease == null ? null : lease.resident());
      bound[slot] = wanted;
    }
    sequences[slot] = sequence;
    orders[slot] = admissions++;
    running++;
  }

  void release(int slot) {
    sequences[slot] = null;
    running--;
  }

  /** Copies KV and adapter, then the sequence is in the other slot. */
  void move(StepPlan.Move move) {
    bound[move.to()] = UNKNOWN;
    executor.copySlot(move.from(), move.to(), move.tokens());
    bound[move.to()] = bound[move.from()];
    sequences[move.to()] = sequences[move.from()];
    orders[move.to()] = orders[move.from()];
    sequences[move.from()] = null;
  }

  /** Takes the adapters off free slots below {@code rows}: idle rows run the bare base. */
  void clearFree(int rows) {
    for (int slot = 0; slot < rows; slot++) {
      if (sequences[slot] == null && bound[slot] != BASE) {
        executor.bind(slot, null);
        bound[slot] = BASE;
      }
    }
  }

  /** For planning, by slot number. */
  List<SlotView> views() {
    List<SlotView> views = new ArrayList<>(sequences.length);
    for (int slot = 0; slot < sequences.length; slot++) {
      Sequence sequence = sequences[slot];
      views.add(
          sequence == null
              ? SlotView.FREE
              : new SlotView(
                  sequence.isPrefilling() ? Phase.PREFILL : Phase.DECODE,
                  orders[slot],
                  sequence.kvTokens(),
                  sequence.promptTokens(),
                  sequence.tokensLeft(),
                  sequence.wantsPromptLogprobs()));
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
