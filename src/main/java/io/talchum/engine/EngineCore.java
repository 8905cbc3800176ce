package io.talchum.engine;

import io.talchum.core.ServeException;
import io.talchum.engine.StepPlan.Decode;
import io.talchum.engine.StepPlan.Idle;
import io.talchum.engine.StepPlan.Move;
import io.talchum.engine.StepPlan.Prefill;
import io.talchum.engine.prefix.PrefixCache;
import io.talchum.model.LogitRows;
import io.talchum.model.ModelExecutor;
import io.talchum.model.StepLogits;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * All mutable state of the engine and one step over it: plan, reserve, run, sample, commit. What
 * goes wrong ends those whom it concerns: a sequence by its own sink, admission or sampling, the
 * rows of a step by a run that fails twice. Owned by the engine thread.
 */
final class EngineCore {
  private final ModelExecutor executor;
  private final EngineConfig config;
  private final Outside outside;
  private final SlotTable slots;
  private final Admission admission;
  private final Endings endings;
  private final StepRunner runner;
  private final DecodeRows decodeRows;
  private final PrefixReuse prefixes;
  private final ProbeLane probes = new ProbeLane();
  private final EngineTotals totals = new EngineTotals();
  private Duration credit = Duration.ZERO; // of the background
  private boolean afterDecode;
  private Instant now; // when the step began

  /** Keeps count of accepted sequences. */
  interface Owner {
    /** It does not wait any more; told again after {@link #returned}. */
    void leftQueue(Sequence sequence);

    /** It gave its slot back and waits again. */
    void returned(Sequence sequence);

    /** Called once for each accepted sequence, after its terminal event. */
    void ended(Sequence sequence);
  }

  /**
   * Those around the core.
   *
   * @param releases closes leases, on another thread
   */
  record Outside(
      InstantSource clock, EngineListener listener, Owner owner, Executor releases) {}

  EngineCore(ModelExecutor executor, EngineConfig config, Outside outside) {
    this(
        executor,
        config,
        outside,
        new PrefixReuse(
            executor,
            config.prefixCacheBytes() == 0
                ? null
                : new PrefixCache(executor, config.prefixCacheBytes()),
            PrefixReuse.MOST_TOKENS_PER_STEP));
  }

  EngineCore(
      ModelExecutor executor, EngineConfig config, Outside outside, PrefixReuse prefixes) {
    this.executor = executor;
    this.config = config.limitedTo(executor.maxPrefillTokens());
    this.outside = outside;
    this.slots = new SlotTable(executor);
    this.admission = new Admission(slots, outside.owner());
    this.endings = new Endings(slots, admission, totals, outside);
    this.runner = new StepRunner(outside.clock());
    this.decodeRows = new DecodeRows(executor.slots());
    this.prefixes = prefixes;
    this.now = outside.clock().instant();
  }

  /** Takes over an accepted sequence. */
  void accept(Sequence sequence) {
    sequence.times().accepted(runner.modelTime(), admission.wouldWait());
    admission.add(sequence);
    totals.loadChanged();
  }

  /** Takes over an accepted probe. */
  void accept(Probe probe) {
    probes.add(probe);
  }

  boolean hasWork() {
    return slots.running() > 0 || !admission.isEmpty() || !probes.isEmpty();
  }

  /**
   * Does one step. If it throws, the requests that it was for have ended, and the next step may go
   * well.
   *
   * @return whether the model ran
   */
  boolean step() {
    now = outside.clock().instant();
    endings.endLate(now);
    Probe probe = probes.next(slots, afterDecode);
    if (probe != null) {
      return run(probe);
    }
    admitNext();
    prefixes.reuse(slots);
    StepPlan plan = StepPlanner.plan(slots.views(prefixes::goesOn), moment(), config);
    switch (plan) {
      case Idle idle -> {
        return false;
      }
      case Decode decode -> {
        double part = Scheduler.backgroundPart(slots.views(slot -> false), decode);
        stepped(false, decode(decode), part);
      }
      case Prefill prefill -> {
        double part = Scheduler.backgroundPart(slots.views(slot -> false), prefill);
        stepped(true, prefill(prefill), part);
      }
    }
    return true;
  }

  private StepPlanner.Moment moment() {
    return new StepPlanner.Moment(
        afterDecode, totals.prefillSteps(), admission.someoneWaits(), credit);
  }

  /** Ends everything that waits or runs. */
  void failAll(Supplier<ServeException> error) {
    probes.failAll(error);
    endings.failAll(error, now);
  }

  EngineStats stats() {
    return totals.stats(slots, admission, prefixes.stats(), outside.clock().instant());
  }

  /** Frees what the core has besides the executor. */
  void close() {
    prefixes.close();
  }

  SlotTable slots() {
    return slots;
  }

  Admission admission() {
    return admission;
  }

  /** At most one a step: each copies an adapter, and prefill takes one row a step anyway. */
  private void admitNext() {
    Admission.Next next = admission.next(now, () -> probes.keepsSlot(slots));
    if (next == null) {
      return;
    }
    Sequence sequence = next.sequence();
    try {
      slots.admit(next.slot(), sequence);
    } catch (Throwable e) {
      sequence.fail(e);
      endings.leaveQueue(sequence, now);
      return;
    }
    admission.admitted(sequence);
    sequence.admitted(next.keepsSlot(), now);
    totals.loadChanged();
    prefixes.admitted(next.slot(), sequence);
  }

  private boolean run(Probe probe) {
    boolean ran = runner.timed(() -> probe.run(executor, slots.lowestFree()));
    afterDecode = false;
    return ran;
  }

  /** Returns how many rows got a token. */
  private int decode(Decode plan) {
    afterDecode = true;
    Move move = plan.move();
    if (move != null) {
      move(move);
    }
    int rows = plan.rows();
    StepLogits logits = decodeLogits(rows);
    Instant end = runner.lastEnd();
    int tokens = 0;
    for (int slot = 0; slot < rows; slot++) {
      Sequence sequence = slots.get(slot);
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
            slots.move(move);
            return move;
          });
    } catch (Throwable e) {
      failRow(move.from(), e);
      throw e;
    }
  }

  private StepLogits decodeLogits(int rows) {
    try {
      decodeRows.fill(rows, slots);
      return runner.run(
          () -> executor.decode(decodeRows.tokenIds(rows), decodeRows.positions(rows)));
    } catch (Throwable e) {
      for (int slot = 0; slot < rows; slot++) {
        Sequence sequence = slots.get(slot);
        if (sequence != null && !sequence.isPrefilling()) {
          failRow(slot, e);
        }
      }
      throw e;
    }
  }

  private void failRow(int slot, Throwable cause) {
    Sequence sequence = slots.get(slot);
    if (sequence != null) {
      endings.fail(slot, sequence, cause, now);
    }
  }

  /** Returns how many prompt tokens were read. */
  private int prefill(Prefill plan) {
    afterDecode = false;
    probes.prefilled();
    Sequence sequence = Objects.requireNonNull(slots.get(plan.slot()));
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
                    executor.prefillVirtual(slot, config.prefillTokens());
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
      return runner.run(
          () -> executor.prefill(plan.slot(), plan.start(), piece, plan.logits()));
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
      prefixes.promptDone(sequence);
      sequence.promptDone();
      if (!sequence.hasEnded()) {
        generate(sequence, logits, logits.rows() - 1, end);
      }
    }
  }

  private void generate(Sequence sequence, StepLogits logits, int row, Instant end) {
    sequence.times().token(end);
    admission.generated(sequence);
    sequence.generate(logits, row);
    totals.generated();
  }

  /** What goes wrong in one sequence's own processing ends that sequence only. */
  private void commit(int slot, Sequence sequence, Instant end, Consumer<Sequence> change) {
    try {
      change.accept(sequence);
    } catch (Throwable e) {
      sequence.fail(e);
    }
    prefixes.filled(slot, sequence);
    if (sequence.hasEnded()) {
      endings.release(slot, sequence, end);
    }
  }

  private void stepped(boolean isPrefill, int tokens, double backgroundPart) {
    Duration model = runner.last();
    Duration overhead = Duration.between(now, outside.clock().instant()).minus(model);
    totals.stepped(isPrefill, tokens, model);
    credit = Scheduler.credit(credit, model, backgroundPart);
    Guarded.run(
        "the engine's listener",
        () -> outside.listener().onStep(isPrefill, tokens, model, overhead));
  }
}
