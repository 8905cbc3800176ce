package io.talchum.engine;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.engine.StepPlan.Decode;
import io.talchum.engine.StepPlan.Idle;
import io.talchum.engine.StepPlan.Move;
import io.talchum.engine.StepPlan.Prefill;
import io.talchum.engine.prefix.PrefixCache;
import io.talchum.model.LogitRows;
import io.talchum.model.ModelExecutor;
import io.talchum.model.StepLogits;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * All mutable state of the engine and one step over it: plan, reserve, run, sample, commit. Until
 * commit nothing has changed, so a failed run is simply run again. Owned by the engine thread.
 */
final class EngineCore {
  private static final System.Logger LOG = System.getLogger("io.talchum.engine");

  private final ModelExecutor executor;
  private final EngineConfig config;
  private final InstantSource clock;
  private final EngineListener listener;
  private final Owner owner;
  private final SlotTable slots;
  private final FairnessCounters counters = new FairnessCounters();
  private final AdmissionQueue queue;
  private final DecodeRows decodeRows;
  private final PrefixReuse prefixes;
  private final ProbeLane probes = new ProbeLane();
  private final EngineTotals totals = new EngineTotals();
  private final ModelTime modelTime = new ModelTime();
  private boolean afterDecode;

  /** Keeps count of accepted sequences. */
  interface Owner {
    /** Called once for each accepted sequence, when it no longer waits. */
    void leftQueue();

    /** Called once for each accepted sequence, after its terminal event. */
    void ended(Sequence sequence);
  }

  EngineCore(
      ModelExecutor executor,
      EngineConfig config,
      InstantSource clock,
      EngineListener listener,
      Owner owner) {
    this(
        executor,
        config,
        clock,
        listener,
        owner,
        new PrefixReuse(
            executor,
            config.prefixCacheBytes() == 0
                ? null
                : new PrefixCache(executor, config.prefixCacheBytes()),
            PrefixReuse.MOST_TOKENS_PER_STEP));
  }

  EngineCore(
      ModelExecutor executor,
      EngineConfig config,
      InstantSource clock,
      EngineListener listener,
      Owner owner,
      PrefixReuse prefixes) {
    this.executor = executor;
    this.config = config.limitedTo(executor.maxPrefillTokens());
    this.clock = clock;
    this.listener = listener;
    this.owner = owner;
    this.slots = new SlotTable(executor);
    this.queue = new AdmissionQueue(counters, owner);
    this.decodeRows = new DecodeRows(executor.slots());
    this.prefixes = prefixes;
  }

  /** Takes over an accepted sequence. */
  void accept(Sequence sequence) {
    boolean needsSlot = slots.slots() - slots.running() <= queue.waiting().size();
    sequence.times().accepted(modelTime, needsSlot);
    queue.add(sequence);
    totals.loadChanged();
  }

  /** Takes over an accepted probe. */
  void accept(Probe probe) {
    probes.add(probe);
  }

  boolean hasWork() {
    return slots.running() > 0 || !queue.isEmpty() || !probes.isEmpty();
  }

  /**
   * Does one step.
   *
   * @throws RuntimeException if the executor failed twice; the caller must give the engine up
   */
  void step() {
    Instant now = clock.instant();
    endWaiting(now);
    endRunning(now);
    Probe probe = probes.next(slots, afterDecode);
    if (probe != null) {
      run(probe);
      return;
    }
    admitNext(now);
    prefixes.reuse(slots);
    switch (StepPlanner.plan(
        slots.views(prefixes::goesOn),
        afterDecode,
        totals.prefillSteps(),
        !queue.isEmpty(),
        config)) {
      case Idle idle -> {}
      case Decode decode -> stepped(false, decode(decode), now);
      case Prefill prefill -> stepped(true, prefill(prefill), now);
    }
  }

  /** Ends everything that waits or runs. */
  void failAll(Supplier<ServeException> error) {
    Instant now = clock.instant();
    probes.failAll(error);
    for (Sequence sequence : List.copyOf(queue.waiting())) {
      sequence.fail(error.get());
      leaveQueueEnded(sequence, now);
    }
    for (int slot = 0; slot < slots.slots(); slot++) {
      Sequence sequence = slots.get(slot);
      if (sequence != null) {
        sequence.fail(error.get());
        releaseEnded(slot, sequence, now);
      }
    }
  }

  EngineStats stats() {
    return totals.stats(slots, queue.waiting(), prefixes.stats());
  }

  /** Frees what the core has besides the executor. */
  void close() {
    prefixes.close();
  }

  SlotTable slots() {
    return slots;
  }

  List<Sequence> waiting() {
    return queue.waiting();
  }

  FairnessCounters counters() {
    return counters;
  }

  private void endWaiting(Instant now) {
    List<Sequence> waiting = queue.waiting();
    for (int i = waiting.size() - 1; i >= 0; i--) {
      Sequence sequence = waiting.get(i);
      if (endsBy(sequence, now)) {
        leaveQueueEnded(sequence, now);
      }
    }
  }

  private void endRunning(Instant now) {
    for (int slot = 0; slot < slots.slots(); slot++) {
      Sequence sequence = slots.get(slot);
      if (sequence != null && endsBy(sequence, now)) {
        releaseEnded(slot, sequence, now);
      }
    }
  }

  /** Ends the sequence if it was cancelled or its deadline has passed. */
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

  /** At most one a step: each copies an adapter, and prefill takes one row a step anyway. */
  private void admitNext(Instant now) {
    int slot = slots.lowestFree();
    if (slot < 0 || probes.keepsSlot(slots)) {
      return;
    }
    Sequence sequence = queue.next(slots.slots(), slots.slots() - slots.running(), now);
    if (sequence == null) {
      return;
    }
    try {
      slots.admit(slot, sequence);
    } catch (RuntimeException e) {
      sequence.fail(e);
      leaveQueueEnded(sequence, now);
      return;
    }
    prefixes.admitted(slot, sequence);
    queue.admitted(sequence);
    totals.loadChanged();
    sequence.times().admitted(now);
  }

  private void run(Probe probe) {
    Instant start = clock.instant();
    probe.run(executor, slots.lowestFree());
    modelTime.ran(start, clock.instant());
    afterDecode = false;
  }

  /** Returns how many rows got a token. */
  private int decode(Decode plan) {
    Move move = plan.move();
    if (move != null) {
      retried(
          () -> {
            slots.move(move);
            return move;
          });
    }
    int rows = plan.rows();
    decodeRows.fill(rows, slots);
    StepLogits logits =
        run(() -> executor.decode(decodeRows.tokenIds(rows), decodeRows.positions(rows)));
    Instant end = modelTime.lastEnd();
    afterDecode = true;
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

  /** Returns how many prompt tokens were read. */
  private int prefill(Prefill plan) {
    Sequence sequence = Objects.requireNonNull(slots.get(plan.slot()));
    int[] piece =
        Arrays.copyOfRange(sequence.promptTokenIds(), plan.start(), plan.start() + plan.tokens());
    StepLogits logits =
        run(() -> executor.prefill(plan.slot(), plan.start(), piece, plan.logits()));
    Instant end = modelTime.lastEnd();
    afterDecode = false;
    probes.prefilled();
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

  private void commitPrompt(Sequence sequence, Prefill plan, StepLogits logits, Instant now) {
    if (plan.logits() == LogitRows.ALL) {
      int known = Math.min(plan.tokens(), sequence.promptTokens() - plan.start() - 1);
      for (int row = 0; row < known; row++) {
        sequence.addPromptLogprob(plan.start() + row + 1, logits.row(row));
      }
    }
    if (!sequence.isPrefilling()) {
      prefixes.promptDone(sequence);
      sequence.promptDone();
      if (!sequence.hasEnded()) {
        generate(sequence, logits, logits.rows() - 1, now);
      }
    }
  }

  private void generate(Sequence sequence, StepLogits logits, int row, Instant now) {
    sequence.times().token(now);
    counters.generated(sequence.fairnessKey());
    sequence.generate(logits, row);
    totals.generated();
  }

  /** What goes wrong in one sequence's own processing ends that sequence only. */
  private void commit(int slot, Sequence sequence, Instant now, Consumer<Sequence> change) {
    try {
      change.accept(sequence);
    } catch (RuntimeException e) {
      sequence.fail(e);
    }
    prefixes.filled(slot, sequence);
    if (sequence.hasEnded()) {
      releaseEnded(slot, sequence, now);
    }
  }

  private void releaseEnded(int slot, Sequence sequence, Instant now) {
    slots.release(slot);
    queue.slotFreed(sequence.fairnessKey(), now);
    tellEnd(sequence, now);
  }

  private void leaveQueueEnded(Sequence sequence, Instant now) {
    queue.abandoned(sequence);
    tellEnd(sequence, now);
  }

  private void tellEnd(Sequence sequence, Instant now) {
    sequence.closeLease();
    owner.ended(sequence);
    totals.loadChanged();
    Guarded.run(
        "the engine's listener", () -> listener.onEnd(sequence.times().outcome(sequence, now)));
  }

  private void stepped(boolean isPrefill, int tokens, Instant start) {
    Duration model = modelTime.last();
    Duration overhead = Duration.between(start, clock.instant()).minus(model);
    totals.stepped(isPrefill, tokens, model);
    Guarded.run("the engine's listener", () -> listener.onStep(isPrefill, tokens, model, overhead));
  }

  private StepLogits run(Supplier<StepLogits> step) {
    Instant start = clock.instant();
    StepLogits logits = retried(step);
    modelTime.ran(start, clock.instant());
    return logits;
  }

  /** One retry; the second failure is the caller's. */
  private static <T> T retried(Supplier<T> work) {
    try {
      return work.get();
    } catch (RuntimeException e) {
      LOG.log(Level.WARNING, "a step failed; nothing was committed, it is run again", e);
      return work.get();
    }
  }
}
