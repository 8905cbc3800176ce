package io.talchum.engine;

import io.talchum.adapter.ResidentAdapter;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.model.ForwardPass;
import io.talchum.model.ModelExecutor;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A forward pass over one prompt that belongs to no request. Whoever asked for it waits; the engine
 * thread runs it, fails it, or finds that it was given up.
 */
final class Probe {
  private final int[] promptTokenIds;
  private final @Nullable ResidentAdapter adapter;
  private final CompletableFuture<float[]> logits = new CompletableFuture<>();

  /** Set by the engine that begins to run it or by the caller who gives it up, whoever is first. */
  private final AtomicBoolean isTaken = new AtomicBoolean();

  Probe(int[] promptTokenIds, @Nullable ResidentAdapter adapter) {
    this.promptTokenIds = promptTokenIds;
    this.adapter = adapter;
  }

  /** Whether nobody waits for it any more. */
  boolean isGivenUp() {
    return isTaken.get();
  }

  /**
   * On the engine thread; what goes wrong is the caller's.
   *
   * @return whether the model ran
   */
  boolean run(ModelExecutor executor, int slot) {
    if (!isTaken.compareAndSet(false, true)) {
      return false;
    }
    try {
      logits.complete(ForwardPass.logits(executor, slot, adapter, promptTokenIds));
      return true;
    } catch (Throwable e) {
      logits.completeExceptionally(e);
      return false;
    }
  }

  void fail(ServeException error) {
    logits.completeExceptionally(error);
  }

  /**
   * Returns when the adapter is not used any more.
   *
   * @param patience null is without end
   * @throws ServeException DEADLINE_EXCEEDED, SHUTTING_DOWN
   */
  float[] await(@Nullable Duration patience) {
    try {
      return patience == null ? logits.get() : logits.get(patience.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      return givenUp(
          new ServeException(
              ErrorCode.DEADLINE_EXCEEDED, "the deadline passed while an adapter was tried", e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return givenUp(new ServeException(ErrorCode.SHUTTING_DOWN, "the server is shutting down", e));
    } catch (ExecutionException e) {
      throw cause(e);
    }
  }

  private float[] givenUp(ServeException why) {
    if (isTaken.compareAndSet(false, true)) {
      throw why;
    }
    try {
      return logits.join(); // it runs: one step
    } catch (CompletionException e) {
      throw cause(e);
    }
  }

  private static RuntimeException cause(Exception e) {
    return e.getCause() instanceof RuntimeException known ? known : new IllegalStateException(e);
  }

  /** How long there is until then. */
  static @Nullable Duration patience(Instant now, @Nullable Instant until) {
    return until == null ? null : Duration.between(now, until);
  }
}
