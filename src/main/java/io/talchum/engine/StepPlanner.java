package io.talchum.engine;

import io.talchum.engine.SlotView.Phase;
import io.talchum.engine.StepPlan.Move;
import io.talchum.model.LogitRows;
import java.time.Duration;
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
   * What it depends on besides the slots.
   *
   * @param afterDecode whether the last step was a decode step
   * @param prefillSteps prefill steps so far
   * @param someWait whether requests wait, which will fill holes without a move
   * @param credit time that the background may take from others. Below zero its rows run only where
   *     they cost nothing; only when it is full does a prompt of theirs go before others' prompts
   */
  record Moment(boolean afterDecode, long prefillSteps, boolean someWait, Duration credit) {}

  /**
   * The next step.
   *
   * @param slots all slots, by number
   */
  static StepPlan plan(List<SlotView> slots, Moment moment, EngineConfig config) {
    boolean someOnline = slots.stream().anyMatch(SlotView::isOnline);
    boolean all = !someOnline || !moment.credit().isNegative();
    int lastDecoding = last(slots, Phase.DECODE, all);
    int prefilling = nextPrefill(slots, moment, all);
    if (prefilling >= 0 && (moment.afterDecode() || lastDecoding < 0)) {
      return prefill(prefilling, slots.get(prefilling), lastDecoding >= 0, config);
    }
    if (lastDecoding < 0) {
      return new StepPlan.Idle();
    }
    Move move = moment.someWait() ? null : move(slots, lastDecoding);
    int last =
        move == null
            ? lastDecoding
            : Math.max(move.to(), last(slots.subList(0, move.from()), Phase.DECODE, all));
    return new StepPlan.Decode(1 + last, move);
  }

  private static StepPlan prefill(
      int slot, SlotView view, boolean othersDecode, EngineConfig config) {
    int tokens = pieceTokens(view, othersDecode, config);
    int end = view.kvTokens() + tokens;
    boolean isLast = end == view.promptTokens();
    LogitRows logits =
        end > view.logitsFrom()
            ? LogitRows.ALL
            : isLast && view.tokensLeft() > 0 ? LogitRows.LAST : LogitRows.NONE;
    return new StepPlan.Prefill(slot, view.kvTokens(), tokens, logits);
  }

  /** Pieces are small while others decode, and where each token wants logits. */
  private static int pieceTokens(SlotView view, boolean othersDecode, EngineConfig config) {
    if (view.kvTokens() < view.uncutTokens()) {
      return Math.min(view.uncutTokens() - view.kvTokens(), config.prefillTokensAlone());
    }
    int large = Math.min(view.promptLeft(), config.prefillTokensAlone());
    boolean isSmall = othersDecode || view.kvTokens() + large > view.logitsFrom();
    return isSmall ? Math.min(large, config.prefillTokens()) : large;
  }

  private static int nextPrefill(List<SlotView> slots, Moment moment, boolean all) {
    boolean oldest = moment.prefillSteps() % OLDEST_EVERY == OLDEST_EVERY - 1;
    int online = nextPrefill(slots, RequestClass.ONLINE, oldest);
    int background = all ? nextPrefill(slots, RequestClass.BACKGROUND, oldest) : -1;
    boolean backgroundFirst = online < 0 || moment.credit().equals(Scheduler.MOST_CREDIT);
    return background >= 0 && backgroundFirst ? background : online;
  }

  private static int nextPrefill(List<SlotView> slots, RequestClass of, boolean oldest) {
    int best = -1;
    for (int i = 0; i < slots.size(); i++) {
      SlotView view = slots.get(i);
      if (view.phase() == Phase.PREFILL
          && view.requestClass() == of
          && (best < 0 || goesBefore(view, slots.get(best), oldest))) {
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

  /** The last slot in that phase, -1 if none; those of the background only if all count. */
  private static int last(List<SlotView> slots, Phase phase, boolean all) {
    for (int i = slots.size() - 1; i >= 0; i--) {
      if (slots.get(i).phase() == phase && (all || slots.get(i).isOnline())) {
        return i;
      }
    }
    return -1;
  }
}
