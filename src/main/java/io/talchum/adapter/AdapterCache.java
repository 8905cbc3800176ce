package io.talchum.adapter;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Adapters that are loaded when a request names them, in bounded memory. A resident adapter is
 * leased without waiting for anybody; a cold one is loaded once for all who wait for it, in order
 * of arrival, by threads of its own. Any thread.
 *
 * <p>The bound holds at every moment, leased adapters included: a load that finds no room waits for
 * a lease to end. So that it waits for few, an adapter that is in use may be evicted too: those who
 * have it keep it, those who come later load it again.
 */
public final class AdapterCache implements AutoCloseable {
  /** One reads and prepares while the other waits for room. */
  private static final int LOADERS = 2;

  private final AdapterSource source;
  private final Function<AdapterWeights, ResidentAdapter> prepare;
  private final InstantSource clock;
  private final AdapterCacheListener listener;
  private final AdapterMemory memory;
  private final int maxWaiting;
  private final ExecutorService loaders =
      Executors.newFixedThreadPool(
          LOADERS, Thread.ofPlatform().name("talchum-adapter-", 0).daemon().factory());

  private final ConcurrentMap<AdapterId, AdapterEntry> residents = new ConcurrentHashMap<>();

  // The lock keeps a waiter from leaving or joining a load while its leases are handed out.
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<AdapterId, Load> loads = new HashMap<>(); // guarded by lock
  private int waiting; // guarded by lock
  private boolean closed; // guarded by lock

  /**
   * Bounds of a cache.
   *
   * @param bytes most memory of all residents
   * @param waiting most requests that wait for loads
   */
  public record Limits(long bytes, int waiting) {}

  /**
   * @param prepare {@code ModelExecutor::prepare}
   */
  public AdapterCache(
      AdapterSource source,
      Function<AdapterWeights, ResidentAdapter> prepare,
      Limits limits,
      InstantSource clock,
      AdapterCacheListener listener) {
    this.source = source;
    this.prepare = prepare;
    this.clock = clock;
    this.listener = listener;
    this.maxWaiting = limits.waiting();
    this.memory = new AdapterMemory(limits.bytes(), residents, source::isPinned, listener);
  }

  /** Somebody's wish for an adapter that is not there, shared by all who have it. */
  private final class Load {
    private final AdapterSource from;
    private final AdapterId id;
    private final Instant asked = clock.instant();
    private final Condition ended = lock.newCondition();
    private int waiters; // guarded by lock
    private @Nullable AdapterVersion version; // guarded by lock; retained once per waiter
    private @Nullable RuntimeException failure; // guarded by lock

    Load(AdapterSource from, AdapterId id) {
      this.from = from;
      this.id = id;
    }
  }

  /**
   * A lease on a version, loaded first if it is not in memory.
   *
   * @param task of an adapter with tasks
   * @param until when to give up waiting; null never
   * @throws ServeException what the load throws; QUEUE_FULL if too many wait; DEADLINE_EXCEEDED;
   *     MODEL_NOT_FOUND if it has no such task
   */
  public AdapterLease acquire(AdapterId id, OptionalInt task, @Nullable Instant until) {
    AdapterVersion version = retained(source, id, until);
    try {
      AdapterReference wanted = new AdapterReference(id.name(), task, "");
      return version.lease(AdapterRegistry.taskOf(wanted, id.toString(), version.tasks()));
    } catch (ServeException e) {
      version.release();
      throw e;
    }
  }

  /**
   * The same for what is not in the cache's own source: a mix.
   *
   * @param from of which the same id always gets the same
   */
  public AdapterLease acquire(AdapterSource from, AdapterId id, @Nullable Instant until) {
    return retained(from, id, until).lease(0);
  }

  /** Has a version in memory, until others need the room. */
  public void load(AdapterId id) {
    retained(source, id, null).release();
  }

  private AdapterVersion retained(AdapterSource from, AdapterId id, @Nullable Instant until) {
    AdapterVersion found = find(id);
    if (found != null) {
      return found;
    }
    lock.lock();
    try {
      found = find(id); // it may have been loaded meanwhile
      return found == null ? join(from, id).await(until) : found;
    } finally {
      lock.unlock();
    }
  }

  private @Nullable AdapterVersion find(AdapterId id) {
    AdapterEntry entry = residents.get(id);
    if (entry == null || !entry.version().retain()) {
      return null;
    }
    entry.touch();
    listener.onHit(id);
    return entry.version();
  }

  /** What of it is in memory: bytes and leases; null if nothing. */
  public @Nullable AdapterInfo resident(AdapterId id) {
    AdapterEntry entry = residents.get(id);
    return entry == null ? null : entry.version().info();
  }

  /** All that is in memory, in no order. */
  public List<AdapterInfo> residents() {
    return residents.values().stream().map(entry -> entry.version().info()).toList();
  }

  /** Memory taken: residents, those evicted but leased, those being loaded. */
  public long usedBytes() {
    return memory.usedBytes();
  }

  /** Requests that run on mixes of this version with others. */
  public int mixLeases(AdapterId part) {
    return residents.values().stream()
        .filter(entry -> entry.isMadeOf(part))
        .mapToInt(entry -> entry.version().info().leases())
        .sum();
  }

  /** Forgets a version and its mixes; requests that hold a lease finish with it. */
  public void drop(AdapterId id) {
    memory.drop(id);
    residents.values().stream()
        .filter(entry -> entry.isMadeOf(id))
        .forEach(entry -> memory.drop(entry.id()));
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
        loaders.execute(() -> run(started));
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

  /** On a loader's thread. */
  private void run(Load load) {
    try {
      long expected = load.from.residentBytes(load.id);
      if (!memory.reserve(expected, () -> isWanted(load))) {
        end(load, null, shuttingDown());
        return;
      }
      publish(load, expected);
    } catch (RuntimeException | Error e) {
      RuntimeException failure =
          e instanceof RuntimeException known
              ? known
              : new ServeException(
                  ErrorCode.INTERNAL, "adapter %s could not be loaded".formatted(load.id), e);
      end(load, null, failure);
      listener.onFailure(load.id, String.valueOf(failure.getMessage()));
    }
  }

  /** Before it is given up: who joins from here on starts a new load. */
  private boolean isWanted(Load load) {
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

  private void publish(Load load, long expected) {
    Instant start = clock.instant();
    AdapterContent content;
    List<ResidentAdapter> prepared;
    try {
      content = load.from.read(load.id);
      prepared = checked(load, content);
    } catch (RuntimeException | Error e) {
      memory.release(expected);
      throw e;
    }
    long bytes = prepared.stream().mapToLong(ResidentAdapter::residentBytes).sum();
    memory.correct(expected, bytes);
    Instant now = clock.instant();
    AdapterVersion version =
        new AdapterVersion(load.id, content, prepared, now, () -> memory.freed(bytes));
    end(load, version, null);
    listener.onLoad(
        load.id, bytes, Duration.between(load.asked, start), Duration.between(start, now));
  }

  private List<ResidentAdapter> checked(Load load, AdapterContent content) {
    List<ResidentAdapter> prepared = content.prepared(prepare);
    try {
      load.from.check(load.id, AdapterTrial.parts(content, prepared));
      return prepared;
    } catch (RuntimeException e) {
      prepared.forEach(ResidentAdapter::close);
      throw e;
    }
  }

  private void end(
      Load load, @Nullable AdapterVersion version, @Nullable RuntimeException failure) {
    lock.lock();
    try {
      loads.remove(load.id, load);
      load.failure = failure;
      load.version = version;
      if (version != null) {
        for (int i = 0; i < load.waiters; i++) {
          boolean unused = version.retain();
        }
        memory.add(new AdapterEntry(version, load.from.parts(load.id), memory.uses()));
        if (closed) {
          memory.drop(load.id);
        }
      }
      load.ended.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private static ServeException shuttingDown() {
    return new ServeException(ErrorCode.SHUTTING_DOWN, "the server is shutting down");
  }

  /** Forgets everything; leased versions live until their leases end. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
    } finally {
      lock.unlock();
    }
    memory.wake();
    loaders.shutdown();
    try {
      boolean unused = loaders.awaitTermination(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    residents.keySet().forEach(this::drop);
  }
}
