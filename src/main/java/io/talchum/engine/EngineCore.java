package io.talchum.engine;

import io.talchum.core.ServeException;
import io.talchum.engine.StepPlan.Decode;
import io.talchum.engine.StepPlan.Idle;
import io.talchum.engine.StepPlan.Prefill;
import io.talchum.engine.prefix.PrefixCache;
import io.talchum.model.ModelExecutor;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.Executor;
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
  private final StepExecution execution;
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
  record Outside(InstantSource clock, EngineListener listener, Owner owner, Executor releases) {}

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

  EngineCore(ModelExecutor executor, EngineConfig config, Outside outside, PrefixReuse prefixes) {
    this.executor = executor;
    this.config = config.limitedTo(executor.maxPrefillTokens());
    this.outside = outside;
    this.slots = new SlotTable(executor);
    this.admission = new Admission(slots, outside.owner());
    this.endings = new Endings(slots, admission, totals, outside);
    this.runner = new StepRunner(outside.clock());
    this.prefixes = prefixes;
    this.execution =
        new StepExecution(
            executor,
            runner,
            new StepExecution.Effects(slots, admission, endings, totals, prefixes),
            this.config.prefillTokens());
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
        afterDecode = true;
        stepped(false, execution.run(decode, now), part);
      }
      case Prefill prefill -> {
        double part = Scheduler.backgroundPart(slots.views(slot -> false), prefill);
        afterDecode = false;
        probes.prefilled();
        stepped(true, execution.run(prefill, now), part);
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
    now = outside.clock().instant();
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

  private void stepped(boolean isPrefill, int tokens, double backgroundPart) {
    Duration model = runner.last();
    Duration overhead = Duration.between(now, outside.clock().instant()).minus(model);
    totals.stepped(isPrefill, tokens, model);
    credit = Scheduler.credit(credit, model, backgroundPart);
    ExceptionBarrier.run(
        "the engine's listener",
        () -> outside.listener().onStep(isPrefill, tokens, model, overhead));
  }
}
