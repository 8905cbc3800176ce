package io.talchum.engine;

import io.talchum.adapter.ResidentAdapter;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.engine.sampling.SamplingWarmUp;
import io.talchum.model.ModelExecutor;
import io.talchum.text.Tokenizer;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The engine: one thread that batches all accepted requests. Public methods may be called from any
 * thread. Does not close the executor.
 */
public final class Engine implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("io.talchum.engine");

  /** How much longer than its grace {@link #drain} waits for a step that does not return. */
  private static final Duration STEP_GRACE = Duration.ofSeconds(30);

  private enum State {
    RUNNING,
    DRAINING,
    STOPPED,
    UNHEALTHY
  }

  private final Tokenizer tokenizer;
  private final EngineConfig config;
  private final InstantSource clock;
  private final RequestCheck check;
  private final EngineCore core;
  private final Thread thread;
  private final CountDownLatch stopped = new CountDownLatch(1);

  // The lock keeps a request from being accepted after the last look into the inbox: acceptance and
  // every change of state happen under it.
  private final ReentrantLock lock = new ReentrantLock();
  private final Queue<Sequence> inbox = new ArrayDeque<>(); // guarded by lock
  private final Map<String, Sequence> accepted = new HashMap<>(); // by id; guarded by lock
  private final Queue<Probe> probes = new ArrayDeque<>(); // not yet the core's; guarded by lock
  private int waiting; // guarded by lock; in the inbox or waiting in the core
  private volatile State state = State.RUNNING; // written under lock
  private volatile @Nullable Instant drainUntil; // written under lock
  private volatile String failure = "";
  private volatile EngineStats stats;

  private Engine(
      ModelExecutor executor,
      Tokenizer tokenizer,
      EngineConfig config,
      InstantSource clock,
      EngineListener listener) {
    this.tokenizer = tokenizer;
    this.config = config;
    this.clock = clock;
    this.check =
        new RequestCheck(
            executor.spec().vocabSize(),
            executor.maxContextTokens(),
            config.limitedTo(executor.maxPrefillTokens()).prefillTokensAlone());
    this.core = new EngineCore(executor, config, clock, listener, new Accepted());
    this.stats = core.stats();
    this.thread = Thread.ofPlatform().name("talchum-engine").daemon().unstarted(this::loop);
  }

  /** Starts an engine; its thread becomes the executor's owner. */
  public static Engine start(
      ModelExecutor executor,
      Tokenizer tokenizer,
      EngineConfig config,
      InstantSource clock,
      EngineListener listener) {
    Engine engine = new Engine(executor, tokenizer, config, clock, listener);
    engine.thread.start();
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
    lock.lock();
    try {
      requireOpen();
      if (accepted.putIfAbsent(request.id(), sequence) != null) {
        throw new ServeException(
            ErrorCode.ALREADY_EXISTS,
            "a request with id " + request.id() + " is still in the engine; ids must be unique");
      }
      waiting++;
      inbox.add(sequence);
    } finally {
      lock.unlock();
    }
    LockSupport.unpark(thread);
    return sequence;
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
    Probe probe = new Probe(promptTokenIds.clone(), adapter);
    lock.lock();
    try {
      requireOpen();
      probes.add(probe);
    } finally {
      lock.unlock();
    }
    LockSupport.unpark(thread);
    return probe.await(Probe.patience(clock.instant(), until));
  }

  /** Ends the request with CANCELLED before the next step; unknown and ended ids are ignored. */
  public void cancel(String id) {
    lock.lock();
    try {
      Sequence sequence = accepted.get(id);
      if (sequence != null) {
        sequence.cancel();
      }
    } finally {
      lock.unlock();
    }
  }

  /** False once the model failed for good; then nothing is served any more. */
  public boolean isHealthy() {
    return state != State.UNHEALTHY;
  }

  /** False while it drains and after. */
  public boolean isAccepting() {
    return state == State.RUNNING;
  }

  /** The state after the last step. */
  public EngineStats stats() {
    EngineStats last = stats;
    lock.lock();
    try {
      return last.withWaiting(waiting);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Refuses new requests and waits until the accepted ones have ended; those that have not when the
   * grace ends get SHUTTING_DOWN. The engine is stopped afterwards.
   *
   * @return whether the engine's thread has ended
   */
  public boolean drain(Duration grace) {
    lock.lock();
    try {
      Instant until = clock.instant().plus(grace);
      Instant before = drainUntil;
      drainUntil = before == null || until.isBefore(before) ? until : before;
      if (state == State.RUNNING) {
        state = State.DRAINING;
      }
    } finally {
      lock.unlock();
    }
    LockSupport.unpark(thread);
    try {
      return stopped.await(grace.plus(STEP_GRACE).toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Drains without grace. */
  @Override
  public void close() {
    drain(Duration.ZERO);
  }

  private void requireOpen() {
    switch (state) {
      case RUNNING -> {
        if (waiting >= config.queueCapacity()) {
          throw new ServeException(
              ErrorCode.QUEUE_FULL,
              "the queue holds its "
                  + config.queueCapacity()
                  + " requests; retry later, or raise the queue's capacity");
        }
      }
      case DRAINING, STOPPED -> throw shuttingDown();
      case UNHEALTHY -> throw unhealthy();
    }
  }

  private void loop() {
    try {
      SamplingWarmUp.run();
      while (true) {
        takeInbox();
        Instant until = drainUntil;
        if (until != null && !clock.instant().isBefore(until)) {
          core.failAll(Engine::shuttingDown);
        }
        if (core.hasWork()) {
          core.step();
          stats = core.stats();
        } else if (until != null) {
          end(State.STOPPED, Engine::shuttingDown);
          return;
        } else {
          stats = core.stats();
          parkWhileIdle();
        }
      }
    } catch (Throwable e) {
      LOG.log(Level.ERROR, "the engine failed and serves no more requests", e);
      failure = e.toString();
      end(State.UNHEALTHY, this::unhealthy);
    }
  }

  private void takeInbox() {
    lock.lock();
    try {
      for (Sequence next = inbox.poll(); next != null; next = inbox.poll()) {
        core.accept(next);
      }
      for (Probe next = probes.poll(); next != null; next = probes.poll()) {
        core.accept(next);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Returns when there may be something to do; a wake-up that comes first is not lost. */
  private void parkWhileIdle() {
    lock.lock();
    boolean isIdle = inbox.isEmpty() && probes.isEmpty() && drainUntil == null;
    lock.unlock();
    if (isIdle) {
      LockSupport.park(this);
    }
  }

  private void end(State last, Supplier<ServeException> error) {
    lock.lock();
    try {
      state = last;
    } finally {
      lock.unlock();
    }
    takeInbox();
    core.failAll(error);
    core.close();
    stats = core.stats();
    stopped.countDown();
  }

  /** Hears from the core, on the engine thread. */
  private final class Accepted implements EngineCore.Owner {
    @Override
    public void leftQueue() {
      lock.lock();
      try {
        waiting--;
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void ended(Sequence sequence) {
      lock.lock();
      try {
        accepted.remove(sequence.id());
      } finally {
        lock.unlock();
      }
    }
  }

  private static ServeException shuttingDown() {
    return new ServeException(
        ErrorCode.SHUTTING_DOWN, "the server is shutting down; send the request to another one");
  }

  private ServeException unhealthy() {
    return new ServeException(
        ErrorCode.ENGINE_UNHEALTHY,
        "the engine failed (" + failure + "); the server must be restarted");
  }
}
