package io.talchum.engine;

import io.talchum.adapter.AdapterLease;
import io.talchum.adapter.ResidentAdapter;
import io.talchum.core.ServeException;
import io.talchum.model.ModelExecutor;
import io.talchum.text.Tokenizer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The engine: one thread that batches all accepted requests. Public methods may be called from any
 * thread. Does not close the executor.
 */
public final class Engine implements AutoCloseable {
  private final ModelExecutor executor;
  private final Tokenizer tokenizer;
  private final EngineConfig config;
  private final InstantSource clock;
  private final RequestCheck check;
  private final Intake intake;
  private final EngineLoop loop;
  private final Lane preparations = new Lane("talchum-engine-prepare");
  private final Lane releases = new Lane("talchum-engine-release");

  private final AtomicLong scores = new AtomicLong();

  private Engine(
      ModelExecutor executor,
      Tokenizer tokenizer,
      EngineConfig config,
      InstantSource clock,
      EngineListener listener) {
    this.executor = executor;
    this.tokenizer = tokenizer;
    this.config = config;
    this.clock = clock;
    this.check =
        new RequestCheck(
            executor.spec().vocabSize(),
            executor.maxContextTokens(),
            config.limitedTo(executor.maxPrefillTokens()).prefillTokensAlone());
    this.intake = new Intake(config);
    EngineCore core =
        new EngineCore(executor, config, new EngineCore.Outside(clock, listener, intake, releases));
    this.loop = new EngineLoop(core, intake, clock, listener, this::closeLanes);
  }

  /** Starts an engine; its thread becomes the executor's owner. */
  public static Engine start(
      ModelExecutor executor,
      Tokenizer tokenizer,
      EngineConfig config,
      InstantSource clock,
      EngineListener listener) {
    Engine engine = new Engine(executor, tokenizer, config, clock, listener);
    engine.loop.start();
    return engine;
  }

  /**
   * Accepts a request; from then on its sink gets exactly one terminal event, after which its lease
   * is closed. If this throws, the lease is still the caller's.
   *
   * @throws ServeException QUEUE_FULL, SHUTTING_DOWN, ENGINE_UNHEALTHY, CONTEXT_LENGTH_EXCEEDED,
   *     INVALID_REQUEST, ALREADY_EXISTS for an id that is still in the engine
   */
  public GenerationHandle submit(GenerationRequest request) {
    check.accept(request);
    Sequence sequence =
        new Sequence(
            request,
            tokenizer.detokenizer(request.promptTokenIds(), true),
            config.eosTokenIds(),
            check.maxContextTokens() - request.virtualTokens(),
            clock.instant());
    AdapterLease lease = request.adapter();
    boolean isReady = lease == null || executor.isReady(lease.resident());
    intake.accept(sequence, isReady, stats().expectedWait());
    if (lease != null && !isReady) {
      prepare(sequence, lease.resident());
    }
    loop.wake();
    return sequence;
  }

  private void prepare(Sequence sequence, ResidentAdapter adapter) {
    try {
      preparations.execute(() -> makeReady(sequence, adapter));
    } catch (Throwable e) { // the engine has ended
      prepared(sequence, e);
    }
  }

  private void makeReady(Sequence sequence, ResidentAdapter adapter) {
    try {
      executor.makeReady(adapter);
    } catch (Throwable e) {
      prepared(sequence, e);
      return;
    }
    prepared(sequence, null);
  }

  private void prepared(Sequence sequence, @Nullable Throwable failure) {
    if (!intake.prepared(sequence, failure)) {
      intake.refuse(
          sequence,
          failure == null || failure instanceof RejectedExecutionException
              ? intake.refusal()
              : failure);
    }
    loop.wake();
  }

  /**
   * The log-probabilities of a given completion's tokens, in nats, under the model's own
   * distribution: each after all before it. Runs in the background, as scores for many do.
   *
   * <p>They equal those that {@code echo} with {@code logprobs} gives for the same tokens.
   *
   * @return fails with the {@link ServeException} that ended the work; cancelling it ends the work
   * @throws ServeException as {@link #submit}
   */
  public CompletableFuture<float[]> score(ScoreRequest request) {
    if (request.completionTokenIds().length == 0) {
      throw ServeException.invalid("completion", "the completion has no tokens to score");
    }
    ScoreSink sink = new ScoreSink();
    String id = "score-" + scores.incrementAndGet();
    GenerationHandle unused = submit(request.toGeneration(id, sink));
    CompletableFuture<float[]> asked = sink.scores();
    CompletableFuture<float[]> unusedEnd =
        asked.whenComplete(
            (logprobs, error) -> {
              if (asked.isCancelled()) {
                cancel(id);
              }
            });
    return asked;
  }

  /**
   * The logits of the prompt's last token, from a forward pass of its own. It waits for a free slot
   * and is one step: nobody who runs waits longer for it.
   *
   * @param adapter stays open until this returns; null is the bare base
   * @param until when to give up waiting; null never
   * @throws ServeException QUEUE_FULL, DEADLINE_EXCEEDED, SHUTTING_DOWN, ENGINE_UNHEALTHY
   */
  public float[] probe(
      int[] promptTokenIds, @Nullable ResidentAdapter adapter, @Nullable Instant until) {
    if (adapter != null && !executor.isReady(adapter)) {
      executor.makeReady(adapter);
    }
    Probe probe = new Probe(promptTokenIds.clone(), adapter);
    intake.accept(probe, stats().expectedWait());
    loop.wake();
    return probe.await(Probe.patience(clock.instant(), until));
  }

  /** Ends the request with CANCELLED before the next step; unknown and ended ids are ignored. */
  public void cancel(String id) {
    intake.cancel(id);
  }

  /** False once the model failed for good; then nothing is served any more. */
  public boolean isHealthy() {
    return intake.isHealthy();
  }

  /** False while it drains and after. */
  public boolean isAccepting() {
    return intake.isAccepting();
  }

  /**
   * Returns if requests are accepted.
   *
   * @throws ServeException ENGINE_UNHEALTHY with the reason, SHUTTING_DOWN
   */
  public void requireAccepting() {
    if (!intake.isAccepting()) {
      throw intake.refusal();
    }
  }

  /** The state after the last step. */
  public EngineStats stats() {
    return intake.counted(loop.stats());
  }

  /**
   * Refuses new requests and waits until the accepted ones have ended; those that have not when the
   * grace ends get SHUTTING_DOWN. The engine is stopped afterwards.
   *
   * @return whether the engine's thread has ended
   */
  public boolean drain(Duration grace) {
    return loop.drain(grace);
  }

  /** Drains without grace. */
  @Override
  public void close() {
    drain(Duration.ZERO);
  }

  /** Whether it has nothing to do and does nothing. */
  boolean isAsleep() {
    return loop.isAsleep();
  }

  private void closeLanes() {
    preparations.close();
    releases.close();
  }
}
