package io.talchum.engine;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What was accepted and has not ended, and whether more is accepted. Any thread: the lock keeps a
 * request from being accepted after the engine's last look; acceptance and every change of state
 * happen under it.
 */
final class Intake implements EngineCore.Owner {
  private enum State {
    RUNNING,
    DRAINING,
    STOPPED,
    UNHEALTHY
  }

  private final EngineConfig config;
  private final ReentrantLock lock = new ReentrantLock();
  private final Queue<Sequence> inbox = new ArrayDeque<>(); // guarded by lock
  private final Queue<Probe> probes = new ArrayDeque<>(); // not yet the core's; guarded by lock
  private final Map<String, Sequence> accepted = new HashMap<>(); // by id; guarded by lock
  private final int[] waiting = new int[RequestClass.values().length]; // guarded by lock
  private int preparing; // guarded by lock; accepted, not yet in the inbox
  private volatile State state = State.RUNNING; // written under lock
  private volatile String failure = "";

  Intake(EngineConfig config) {
    this.config = config;
  }

  /**
   * Accepts a sequence, which then waits.
   *
   * @param isReady false if {@link #prepared} will bring it
   * @param wait how long one more would wait
   * @throws ServeException QUEUE_FULL, SHUTTING_DOWN, ENGINE_UNHEALTHY, ALREADY_EXISTS
   */
  void accept(Sequence sequence, boolean isReady, Duration wait) {
    lock.lock();
    try {
      requireOpen();
      requireRoom(sequence.requestClass(), wait);
      if (accepted.putIfAbsent(sequence.id(), sequence) != null) {
        throw new ServeException(
            ErrorCode.ALREADY_EXISTS,
            "a request with id " + sequence.id() + " is still in the engine; ids must be unique");
      }
      waiting[sequence.requestClass().ordinal()]++;
      if (isReady) {
        inbox.add(sequence);
      } else {
        preparing++;
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Brings a sequence that was accepted before.
   *
   * @param failure what went wrong in its preparation; null if nothing
   * @return false if it is still the caller's: it failed, or comes too late
   */
  boolean prepared(Sequence sequence, @Nullable Throwable failure) {
    lock.lock();
    try {
      preparing--;
      boolean isOpen = state == State.RUNNING || state == State.DRAINING;
      return failure == null && isOpen && inbox.add(sequence);
    } finally {
      lock.unlock();
    }
  }

  void accept(Probe probe, Duration wait) {
    lock.lock();
    try {
      requireOpen();
      requireRoom(RequestClass.ONLINE, wait);
      probes.add(probe);
    } finally {
      lock.unlock();
    }
  }

  void cancel(String id) {
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

  /** Gives the core what has come. What it cannot take has ended. */
  void moveTo(EngineCore core) {
    lock.lock();
    try {
      for (Sequence next = inbox.poll(); next != null; next = inbox.poll()) {
        try {
          core.accept(next);
        } catch (Throwable e) {
          refuse(next, e);
        }
      }
      for (Probe next = probes.poll(); next != null; next = probes.poll()) {
        core.accept(next);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Ends one that waits and that the core does not know. */
  void refuse(Sequence sequence, Throwable cause) {
    leftQueue(sequence);
    sequence.fail(cause);
    sequence.closeLease();
    ended(sequence);
  }

  /** Whether nothing has come that the core does not know. */
  boolean isEmpty() {
    lock.lock();
    try {
      return inbox.isEmpty() && probes.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  boolean isPreparing() {
    lock.lock();
    try {
      return preparing > 0;
    } finally {
      lock.unlock();
    }
  }

  EngineStats counted(EngineStats stats) {
    lock.lock();
    try {
      return stats.withWaiting(
          waiting[RequestClass.ONLINE.ordinal()], waiting[RequestClass.BACKGROUND.ordinal()]);
    } finally {
      lock.unlock();
    }
  }

  boolean isAccepting() {
    return state == State.RUNNING;
  }

  boolean isHealthy() {
    return state != State.UNHEALTHY;
  }

  /** Accepts no more. */
  void drain() {
    change(State.RUNNING, State.DRAINING);
  }

  void stop() {
    change(State.RUNNING, State.STOPPED);
    change(State.DRAINING, State.STOPPED);
  }

  void breakDown(String why) {
    failure = why;
    change(State.RUNNING, State.UNHEALTHY);
    change(State.DRAINING, State.UNHEALTHY);
  }

  private void change(State from, State to) {
    lock.lock();
    try {
      state = state == from ? to : state;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void leftQueue(Sequence sequence) {
    count(sequence, -1);
  }

  @Override
  public void returned(Sequence sequence) {
    count(sequence, 1);
  }

  private void count(Sequence sequence, int change) {
    lock.lock();
    try {
      waiting[sequence.requestClass().ordinal()] += change;
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

  private void requireOpen() {
    if (state != State.RUNNING) {
      throw refusal();
    }
  }

  private void requireRoom(RequestClass requestClass, Duration wait) {
    int capacity = config.capacity(requestClass);
    if (waiting[requestClass.ordinal()] >= capacity) {
      throw new ServeException(
              ErrorCode.QUEUE_FULL,
              "the queue holds its %d requests; retry in %d s, or raise the queue's capacity"
                  .formatted(capacity, wait.toSeconds()))
          .retryAfter(wait);
    }
  }

  /** Why nothing more is served. */
  ServeException refusal() {
    return state == State.UNHEALTHY
        ? new ServeException(
            ErrorCode.ENGINE_UNHEALTHY,
            "the engine failed (" + failure + "); the server must be restarted")
        : new ServeException(
            ErrorCode.SHUTTING_DOWN,
            "the server is shutting down; send the request to another one");
  }
}
