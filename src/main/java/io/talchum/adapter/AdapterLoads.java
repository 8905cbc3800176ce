package io.talchum.adapter;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The loads of {@link AdapterCache} and who waits for them: all who want the same share one, on
 * threads of its own, in order of arrival. Any thread.
 */
final class AdapterLoads {
  /** One reads and prepares while the other waits for room. */
  private static final int LOADERS = 2;

  private final int maxWaiting;
  private final InstantSource clock;
  private final Function<AdapterId, @Nullable AdapterVersion> find;
  private final Consumer<Load> work;
  private final ExecutorService loaders =
      Executors.newFixedThreadPool(
          LOADERS, Thread.ofPlatform().name("talchum-adapter-", 0).daemon().factory());

  // The lock keeps a waiter from leaving or joining a load while its leases are handed out.
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<AdapterId, Load> loads = new HashMap<>(); // guarded by lock
  private int waiting; // guarded by lock
  private boolean closed; // guarded by lock

  /**
   * @param find gives what is in memory, retained for the caller, or null
   * @param work does a load, on one of the threads, and ends it by {@link #succeed} or {@link
   *     #fail}
   */
  AdapterLoads(
      int maxWaiting,
      InstantSource clock,
      Function<AdapterId, @Nullable AdapterVersion> find,
      Consumer<Load> work) {
    this.maxWaiting = maxWaiting;
    this.clock = clock;
    this.find = find;
    this.work = work;
  }

  /** Somebody's wish for an adapter that is not there, shared by all who have it. */
  final class Load {
    final AdapterSource from;
    final AdapterId id;
    final Instant asked = clock.instant();
    private final Condition ended = lock.newCondition();
    private int waiters; // guarded by lock
    private @Nullable AdapterVersion version; // guarded by lock; retained once per waiter
    private @Nullable RuntimeException failure; // guarded by lock

    private Load(AdapterSource from, AdapterId id) {
      this.from = from;
      this.id = id;
    }
  }

  /**
   * What a load gives, retained for the caller.
   *
   * @param until when to give up waiting; null never
   * @throws ServeException what the load throws; QUEUE_FULL if too many wait; DEADLINE_EXCEEDED
   */
  AdapterVersion await(AdapterSource from, AdapterId id, @Nullable Instant until) {
    lock.lock();
    try {
      AdapterVersion found = find.apply(id); // it may have been loaded meanwhile
      return found == null ? join(from, id).await(until) : found;
    } finally {
      lock.unlock();
    }
  }

  private Waiter join(AdapterSource from, AdapterId id) {
    if (closed) {
      throw shuttingDown();
    }
    if (waiting >= maxWaiting) {
      throw new ServeException(
          ErrorCode.QUEUE_FULL,
          "%d requests wait for adapters to be loaded; try again later".formatted(waiting));
    }
    Load load = loads.get(id);
    if (load == null) {
      Load started = new Load(from, id);
      load = started;
      try {
        loaders.execute(() -> work.accept(started));
      } catch (RejectedExecutionException e) {
        throw shuttingDown();
      }
      loads.put(id, load);
    }
    load.waiters++;
    waiting++;
    return new Waiter(load);
  }

  /** One who waits; all under the lock. */
  private final class Waiter {
    private final Load load;

    Waiter(Load load) {
      this.load = load;
    }

    AdapterVersion await(@Nullable Instant until) {
      try {
        while (load.version == null && load.failure == null) {
          sleep(until);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        leave();
        throw shuttingDown();
      } finally {
        waiting--;
      }
      if (load.version == null) {
        throw java.util.Objects.requireNonNull(load.failure);
      }
      return load.version;
    }

    private void sleep(@Nullable Instant until) throws InterruptedException {
      if (until == null) {
        load.ended.await();
        return;
      }
      long left = Duration.between(clock.instant(), until).toNanos();
      if (left <= 0) {
        leave();
        throw new ServeException(
            ErrorCode.DEADLINE_EXCEEDED,
            "the deadline passed while adapter %s was loaded".formatted(load.id));
      }
      long unused = load.ended.awaitNanos(left);
    }

    private void leave() {
      load.waiters--;
      if (load.version != null) {
        load.version.release();
      }
    }
  }

  /** Before it is given up: who joins from here on starts a new load. */
  boolean isWanted(Load load) {
    lock.lock();
    try {
      if (load.waiters == 0 || closed) {
        loads.remove(load.id, load);
        return false;
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * All who wait get the version.
   *
   * @param publish lets those who come later find it
   */
  void succeed(Load load, AdapterVersion version, Runnable publish) {
    lock.lock();
    try {
      for (int i = 0; i < load.waiters; i++) {
        boolean unused = version.retain();
      }
      load.version = version;
      publish.run();
      ended(load);
    } finally {
      lock.unlock();
    }
  }

  /** All who wait get the failure. */
  void fail(Load load, RuntimeException failure) {
    lock.lock();
    try {
      load.failure = failure;
      ended(load);
    } finally {
      lock.unlock();
    }
  }

  private void ended(Load load) {
    loads.remove(load.id, load);
    load.ended.signalAll();
  }

  boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  static ServeException shuttingDown() {
    return new ServeException(ErrorCode.SHUTTING_DOWN, "the server is shutting down");
  }

  /**
   * Takes no more loads and waits for those that run.
   *
   * @param wake makes loads that wait for room ask whether they are wanted
   */
  void close(Runnable wake) {
    lock.lock();
    try {
      closed = true;
    } finally {
      lock.unlock();
    }
    wake.run();
    loaders.shutdown();
    try {
      boolean unused = loaders.awaitTermination(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
