package io.talchum.engine;

import io.talchum.engine.StepPlan.Decode;
import io.talchum.engine.StepPlan.Move;
import io.talchum.engine.StepPlan.Prefill;
import io.talchum.model.LogitRows;
import io.talchum.model.ModelExecutor;
import io.talchum.model.StepLogits;
import java.time.Instant;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Runs a planned step, samples its rows and commits them. A run that fails twice ends the requests
 * whose rows it had, and is thrown; what goes wrong in one sequence's own processing ends that
 * sequence only. Engine thread.
 */
final class StepExecution {
  private final ModelExecutor executor;
  private final StepRunner runner;
  private final Effects effects;
  private final int virtualPieceTokens;
  private final DecodeRows decodeRows;
  private Instant now = Instant.MIN; // when the step began

  /** What a step changes. */
  record Effects(
      SlotTable slots,
      Admission admission,
      Endings endings,
      EngineTotals totals,
      PrefixReuse prefixes) {}

  /**
   * @param virtualPieceTokens most virtual tokens of one step
   */
  StepExecution(
      ModelExecutor executor, StepRunner runner, Effects effects, int virtualPieceTokens) {
    this.executor = executor;
    this.runner = runner;
    this.effects = effects;
    this.virtualPieceTokens = virtualPieceTokens;
    this.decodeRows = new DecodeRows(executor.slots());
  }

  /** Returns how many rows got a token. */
  int run(Decode plan, Instant began) {
    now = began;
    Move move = plan.move();
    if (move != null) {
      move(move);
    }
    int rows = plan.rows();
    StepLogits logits = decodeLogits(rows);
    Instant end = runner.lastEnd();
    int tokens = 0;
    for (int slot = 0; slot < rows; slot++) {
      Sequence sequence = effects.slots().get(slot);
      if (sequence != null && !sequence.isPrefilling()) {
        int row = slot;
        tokens++;
        commit(
            slot,
            sequence,
            end,
            running -> {
              running.decoded();
              generate(running, logits, row, end);
            });
      }
    }
    return tokens;
  }

  private void move(Move move) {
    try {
      StepRunner.retried(
          () -> {
            effects.slots().move(move);
            return move;
          });
    } catch (Throwable e) {
      failRow(move.from(), e);
      throw e;
    }
  }

  private StepLogits decodeLogits(int rows) {
    try {
      decodeRows.fill(rows, effects.slots());
      return runner.run(
          () -> executor.decode(decodeRows.tokenIds(rows), decodeRows.positions(rows)));
    } catch (Throwable e) {
      for (int slot = 0; slot < rows; slot++) {
        Sequence sequence = effects.slots().get(slot);
        if (sequence != null && !sequence.isPrefilling()) {
          failRow(slot, e);
        }
      }
      throw e;
    }
  }

  private void failRow(int slot, Throwable cause) {
    Sequence sequence = effects.slots().get(slot);
    if (sequence != null) {
      effects.endings().fail(slot, sequence, cause, now);
    }
  }

  /** Returns how many prompt tokens were read. */
  int run(Prefill plan, Instant began) {
    now = began;
    Sequence sequence = Objects.requireNonNull(effects.slots().get(plan.slot()));
    if (executor.virtualTokensLeft(plan.slot()) > 0) {
      prefillVirtual(plan.slot());
      return 0;
    }
    StepLogits logits = prefillLogits(plan, sequence);
    Instant end = runner.lastEnd();
    commit(
        plan.slot(),
        sequence,
        end,
        running -> {
          running.prefilled(plan.tokens());
          commitPrompt(running, plan, logits, end);
        });
    return plan.tokens();
  }

  /** A piece of what the adapter puts in front of the prompt. */
  private void prefillVirtual(int slot) {
    try {
      runner.timed(
          () ->
              StepRunner.retried(
                  () -> {
                    executor.prefillVirtual(slot, virtualPieceTokens);
                    return slot;
                  }));
    } catch (Throwable e) {
      failRow(slot, e);
      throw e;
    }
  }

  private StepLogits prefillLogits(Prefill plan, Sequence sequence) {
    try {
      int[] piece = sequence.tokenIds(plan.start(), plan.start() + plan.tokens());
      return runner.run(() -> executor.prefill(plan.slot(), plan.start(), piece, plan.logits()));
    } catch (Throwable e) {
      failRow(plan.slot(), e);
      throw e;
    }
  }

  private void commitPrompt(Sequence sequence, Prefill plan, StepLogits logits, Instant end) {
    if (plan.logits() == LogitRows.ALL) {
      int known = Math.min(plan.tokens(), sequence.promptTokens() - plan.start() - 1);
      for (int row = Math.max(0, sequence.logitsFrom() - plan.start()); row < known; row++) {
        sequence.addPromptLogprob(plan.start() + row + 1, logits.row(row));
      }
    }
    if (!sequence.isPrefilling() && !sequence.isResuming()) {
      effects.prefixes().promptDone(sequence);
      sequence.promptDone();
      if (!sequence.hasEnded()) {
        generate(sequence, logits, logits.rows() - 1, end);
      }
    }
  }

  private void generate(Sequence sequence, StepLogits logits, int row, Instant end) {
    sequence.times().token(end);
    effects.admission().generated(sequence);
    sequence.generate(logits, row);
    effects.totals().generated();
  }

  /** What goes wrong in one sequence's own processing ends that sequence only. */
  private void commit(int slot, Sequence sequence, Instant end, Consumer<Sequence> change) {
    try {
      change.accept(sequence);
    } catch (Throwable e) {
      sequence.fail(e);
    }
    effects.prefixes().filled(slot, sequence);
    if (sequence.hasEnded()) {
      effects.endings().release(slot, sequence, end);
    }
  }
}
