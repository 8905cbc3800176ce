package io.talchum.engine;

import io.talchum.adapter.AdapterLease;
import io.talchum.engine.SlotView.Phase;
import io.talchum.model.ModelExecutor;
import java.time.Duration;
import java.time.Instant;
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

  int running(RequestClass requestClass) {
    int count = 0;
    for (Sequence sequence : sequences) {
      count += sequence != null && sequence.requestClass() == requestClass ? 1 : 0;
    }
    return count;
  }

  int free() {
    return sequences.length - running;
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

  /** The free slot with the highest number, or -1. */
  int highestFree() {
    for (int slot = sequences.length - 1; slot >= 0; slot--) {
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
      executor.expect(slot, sequence.announcedTokenIds());
    } catch (Throwable e) {
      free(slot);
      throw e;
    }
    sequences[slot] = sequence;
    orders[slot] = admissions++;
    running++;
  }

  /** Takes the slot back; the sequence's adapter may be closed then. */
  void release(int slot) {
    sequences[slot] = null;
    running--;
    free(slot);
  }

  private void free(int slot) {
    ExceptionBarrier.run("the release of a slot", () -> executor.release(slot));
  }

  /**
   * Copies KV and adapter, then the sequence is in the other slot; if that throws, it is where it
   * was.
   */
  void move(StepPlan.Move move) {
    try {
      executor.copySlot(move.from(), move.to(), move.tokens());
    } catch (Throwable e) {
      free(move.to());
      throw e;
    }
    free(move.from());
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
                  sequence.requestClass(),
                  orders[slot],
                  sequence.kvTokens(),
                  sequence.readTokens(),
                  sequence.isPrefilling() && sequence.isResuming() ? 0 : sequence.tokensLeft(),
                  sequence.logitsFrom(),
                  sequence.uncutTokens()));
    }
    return views;
  }

  /** Mean time for which those that somebody waits for have had their slots. */
  Duration meanAge(Instant now) {
    Duration sum = Duration.ZERO;
    int count = 0;
    for (Sequence sequence : sequences) {
      if (sequence != null && sequence.requestClass() == RequestClass.ONLINE) {
        sum = sum.plus(sequence.times().heldSlot(now));
        count++;
      }
    }
    return count == 0 ? Duration.ZERO : sum.dividedBy(count);
  }

  double kvUsedFraction() {
    long used = 0;
    for (Sequence sequence : sequences) {
      used += sequence == null ? 0 : sequence.kvTokens();
    }
    return (double) used / ((long) sequences.length * executor.maxContextTokens());
  }
}
