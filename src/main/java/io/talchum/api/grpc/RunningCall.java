package io.talchum.api.grpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.talchum.core.Caller;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.service.Generation;
import java.time.Instant;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One call: where its answer goes, and what ends when its client goes away. Owned by the call's
 * virtual thread; the event loop reports readiness and cancellation.
 *
 * @param <R> messages of the answer
 */
final class RunningCall<R> {
  private static final Logger LOG = Logger.getLogger(RunningCall.class);

  private final ServerCallStreamObserver<R> out;
  private final Caller caller;
  private final @Nullable Instant arrivedAt;

  // The lock keeps a signal of the event loop from falling between the look at it and the wait.
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private boolean cancelled; // guarded by lock
  private @Nullable Generation held; // guarded by lock

  /** Must be made before the service method returns: later, handlers can no longer be set. */
  RunningCall(ServerCallStreamObserver<R> out, Caller caller, @Nullable Instant arrivedAt) {
    this.out = out;
    this.caller = caller;
    this.arrivedAt = arrivedAt;
    out.setOnReadyHandler(this::wake);
    out.setOnCancelHandler(this::cancel);
  }

  Caller caller() {
    return caller;
  }

  /** The generation from now on ends with the call, however that ends. */
  Generation hold(Generation generation) {
    boolean late;
    lock.lock();
    try {
      held = generation;
      late = cancelled;
    } finally {
      lock.unlock();
    }
    if (late) {
      generation.cancel();
    }
    return generation;
  }

  /**
   * Sends a message; waits while the client's buffer is full.
   *
   * @throws ServeException CANCELLED, SHUTTING_DOWN
   */
  void send(R message) {
    awaitReady();
    out.onNext(message);
  }

  /** Does the work and ends the call. */
  void run(Consumer<RunningCall<R>> work) {
    try {
      work.accept(this);
      out.onCompleted();
      delivered();
    } catch (ServeException e) {
      if (e.code() == ErrorCode.INTERNAL) {
        LOG.error("a call failed", e);
      }
      fail(e);
    } catch (RuntimeException e) {
      LOG.error("a call failed", e);
      fail(WireError.defect(e));
    } finally {
      close();
    }
  }

  private void awaitReady() {
    lock.lock();
    try {
      while (!cancelled && !out.isReady()) {
        changed.await();
      }
      if (cancelled) {
        throw new ServeException(ErrorCode.CANCELLED, "the client went away");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ServeException(ErrorCode.SHUTTING_DOWN, "the server is shutting down", e);
    } finally {
      lock.unlock();
    }
  }

  private void fail(ServeException error) {
    if (!isCancelled()) {
      out.onError(WireError.exception(error));
    }
  }

  private boolean isCancelled() {
    lock.lock();
    try {
      return cancelled;
    } finally {
      lock.unlock();
    }
  }

  private void wake() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void cancel() {
    Generation running;
    lock.lock();
    try {
      cancelled = true;
      running = held;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    if (running != null) {
      running.cancel();
    }
  }

  private void delivered() {
    Generation generation = held;
    if (generation != null && arrivedAt != null) {
      generation.delivered(arrivedAt);
    }
  }

  private void close() {
    Generation generation = held;
    if (generation != null) {
      generation.close();
    }
  }
}
