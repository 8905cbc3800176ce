package io.talchum.engine;

import io.talchum.engine.sampling.SamplingWarmUp;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The engine's thread: turn after turn until it is drained, or until {@value #MOST_FAILURES} turns
 * have failed without a step that went well in between. {@link #drain}, {@link #wake} and {@link
 * #stats} may be called from any thread.
 */
final class EngineLoop {
  /** A model that has failed so often will not recover; who supervises the server restarts it. */
  static final int MOST_FAILURES = 5;

  /** How much longer than its grace {@link #drain} waits for a step that does not return. */
  private static final Duration STEP_GRACE = Duration.ofSeconds(30);

  private static final Duration LOOK_AGAIN = Duration.ofMillis(20);
  private static final System.Logger LOG = System.getLogger("io.talchum.engine");

  private final EngineCore core;
  private final Intake intake;
  private final InstantSource clock;
  private final EngineListener listener;
  private final Runnable closing;
  private final Thread thread;
  private final CountDownLatch stopped = new CountDownLatch(1);
  private int failures; // since a step went well; engine thread
  private volatile @Nullable Instant drainUntil;
  private volatile EngineStats stats;

  /**
   * @param closing run when the last request has ended
   */
  EngineLoop(
      EngineCore core,
      Intake intake,
      InstantSource clock,
      EngineListener listener,
      Runnable closing) {
    this.core = core;
    this.intake = intake;
    this.clock = clock;
    this.listener = listener;
    this.closing = closing;
    this.stats = core.stats();
    this.thread = Thread.ofPlatform().name("talchum-engine").daemon().unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /** There may be something to do. */
  void wake() {
    LockSupport.unpark(thread);
  }

  /** Whether it sleeps until it is woken. */
  boolean isAsleep() {
    return LockSupport.getBlocker(thread) == this;
  }

  /** After the last step. */
  EngineStats stats() {
    return stats;
  }

  /** Waits for the end; see {@link Engine#drain}. */
  boolean drain(Duration grace) {
    shorten(clock.instant().plus(grace));
    intake.drain();
    wake();
    try {
      return stopped.await(grace.plus(STEP_GRACE).toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private synchronized void shorten(Instant until) {
    Instant before = drainUntil;
    drainUntil = before == null || until.isBefore(before) ? until : before;
  }

  private void run() {
    Thread.ofPlatform()
        .name("talchum-sampling-warm-up")
        .daemon()
        .start(() -> ExceptionBarrier.run("the warm-up of sampling", SamplingWarmUp::run));
    boolean goesOn = true;
    while (goesOn) {
      try {
        goesOn = turn();
      } catch (Throwable e) {
        goesOn = failed(e);
      }
    }
  }

  /** Returns false after the last one. */
  private boolean turn() {
    intake.moveTo(core);
    Instant until = drainUntil;
    boolean isOver = until != null && !clock.instant().isBefore(until);
    if (isOver) {
      core.failAll(intake::refusal);
    }
    if (core.hasWork()) {
      if (core.step()) {
        failures = 0;
      }
      stats = core.stats();
      return true;
    }
    if (until != null && (isOver || !intake.isPreparing()) && intake.isEmpty()) {
      intake.stop();
      end();
      return false;
    }
    stats = core.stats();
    sleep();
    return true;
  }

  /** Returns when there may be something to do; a wake-up that comes first is not lost. */
  private void sleep() {
    if (!intake.isEmpty()) {
      return;
    }
    if (drainUntil == null) {
      LockSupport.park(this);
    } else {
      LockSupport.parkNanos(LOOK_AGAIN.toNanos());
    }
  }

  private boolean failed(Throwable cause) {
    failures++;
    ExceptionBarrier.log("a step failed; its requests have ended, the engine goes on", cause);
    ExceptionBarrier.run("the engine's listener", listener::onStepFailed);
    if (failures < MOST_FAILURES) {
      return true;
    }
    try {
      LOG.log(Level.ERROR, "the engine failed too often and serves no more requests", cause);
    } finally {
      intake.breakDown(failures + " steps in a row failed, the last with " + cause);
      end();
    }
    return false;
  }

  private void end() {
    try {
      intake.moveTo(core);
      core.failAll(intake::refusal);
      stats = core.stats();
    } catch (Throwable e) {
      ExceptionBarrier.log("the engine's end failed", e);
    } finally {
      ExceptionBarrier.run("the core's end", core::close);
      ExceptionBarrier.run("the engine's end", closing);
      stopped.countDown();
    }
  }
}
