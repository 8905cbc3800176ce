package io.talchum.engine;

import io.talchum.engine.SlotView.Phase;
import io.talchum.engine.StepPlan.Move;
import io.talchum.model.LogitRows;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the next step. Pure functions.
 *
 * <p>A decode step over all running rows and a prefill step of one row alternate, so that neither
 * waits longer than the other's step. Of several prompts the one with the fewest tokens left goes
 * first (shortest first gives the lowest mean ttft), but every {@value #OLDEST_EVERY}th prefill
 * step goes to the oldest, so that short prompts never starve a long one.
 */
final class StepPlanner {
  static final int OLDEST_EVERY = 4;

  /**
   * KV positions whose copying costs about as much as one idle row in one step. Measured shape
   * (Qwen2.5-0.5B): a row costs 4 to 6 ms, a position is 24.6 KB, and memory copies at about 8
   * GB/s.
   */
  static final int COPIED_TOKENS_PER_IDLE_ROW = 1024;

  private StepPlanner() {}

  /**
   * The next step.
   *
   * @param slots all slots, by number
   * @param afterDecode whether the last step was a decode step
   * @param prefillSteps prefill steps so far
   * @param someWait whether requests wait, which will fill holes without a move
   */
  static StepPlan plan(
      List<SlotView> slots,
      boolean afterDecode,
      long prefillSteps,
      boolean someWait,
      EngineConfig config) {
    int lastDecoding = last(slots, Phase.DECODE);
    int prefilling = nextPrefill(slots, prefillSteps % OLDEST_EVERY == OLDEST_EVERY - 1);
    if (prefilling >= 0 && (afterDecode || lastDecoding < 0)) {
      return prefill(prefilling, slots.get(prefilling), lastDecoding >= 0, config);
    }
    if (lastDecoding < 0) {
      return new StepPlan.Idle();
    }
    Move move = someWait ? null : move(slots, lastDecoding);
    return new StepPlan.Decode(1 + (move == null ? lastDecoding : lastAfter(slots, move)), move);
  }

  private static StepPlan prefill(
      int slot, SlotView view, boolean othersDecode, EngineConfig config) {
    boolean isSmall = othersDecode || view.allLogits();
    int limit =
        isSmall && !view.inOnePiece() ? config.prefillTokens() : config.prefillTokensAlone();
    int tokens = Math.min(view.promptLeft(), limit);
    boolean isLast = tokens == view.promptLeft();
    LogitRows logits =
        view.allLogits()
            ? LogitRows.ALL
            : isLast && view.tokensLeft() > 0 ? LogitRows.LAST : LogitRows.NONE;
    return new StepPlan.Prefill(slot, view.kvTokens(), tokens, logits);
  }

  private static int nextPrefill(List<SlotView> slots, boolean oldest) {
    int best = -1;
    for (int i = 0; i < slots.size(); i++) {
      if (slots.get(i).phase() == Phase.PREFILL
          && (best < 0 || goesBefore(slots.get(i), slots.get(best), oldest))) {
        best = i;
      }
    }
    return best;
  }

  private static boolean goesBefore(SlotView a, SlotView b, boolean oldest) {
    if (oldest || a.promptLeft() == b.promptLeft()) {
      return a.order() < b.order();
    }
    return a.promptLeft() < b.promptLeft();
  }

  /**
   * The last decoding sequence into the lowest hole below it, if the idle row would cost more than
   * the copy over the steps that the sequence may still run.
   */
  private static @Nullable Move move(List<SlotView> slots, int lastDecoding) {
    SlotView view = slots.get(lastDecoding);
    int copySteps = 1 + view.kvTokens() / COPIED_TOKENS_PER_IDLE_ROW;
    if (view.tokensLeft() <= copySteps) {
      return null;
    }
    for (int hole = 0; hole < lastDecoding; hole++) {
      if (slots.get(hole).phase() == Phase.FREE) {
        return new Move(lastDecoding, hole, view.kvTokens());
      }
    }
    return null;
  }

  private static int lastAfter(List<SlotView> slots, Move move) {
    return Math.max(move.to(), last(slots.subList(0, move.from()), Phase.DECODE));
  }

  private static int last(List<SlotView> slots, Phase phase) {
    for (int i = slots.size() - 1; i >= 0; i--) {
      if (slots.get(i).phase() == phase) {
        return i;
      }
    }
    return -1;
  }
}
