package io.talchum.adapter;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
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
  private final AdapterSource source;
  private final Function<AdapterWeights, ResidentAdapter> prepare;
  private final InstantSource clock;
  private final AdapterCacheListener listener;
  private final AdapterMemory memory;
  private final AdapterLoads loads;
  private final ConcurrentMap<AdapterId, AdapterEntry> residents = new ConcurrentHashMap<>();

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
    this.loads = new AdapterLoads(limits.waiting(), clock, this::find, this::run);
    this.memory = new AdapterMemory(limits.bytes(), residents, source::isPinned, listener);
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
    return found == null ? loads.await(from, id, until) : found;
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

  /** On a loader's thread. */
  private void run(AdapterLoads.Load load) {
    try {
      long expected = load.from.residentBytes(load.id);
      if (!memory.reserve(expected, () -> loads.isWanted(load))) {
        loads.fail(load, AdapterLoads.shuttingDown());
        return;
      }
      publish(load, expected);
    } catch (RuntimeException | Error e) {
      RuntimeException failure =
          e instanceof RuntimeException known
              ? known
              : new ServeException(
                  ErrorCode.INTERNAL, "adapter %s could not be loaded".formatted(load.id), e);
      loads.fail(load, failure);
      listener.onFailure(load.id, String.valueOf(failure.getMessage()));
    }
  }

  private void publish(AdapterLoads.Load load, long expected) {
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
    AdapterEntry entry = new AdapterEntry(version, load.from.parts(load.id), memory.uses());
    loads.succeed(load, version, () -> memory.add(entry));
    if (loads.isClosed()) {
      memory.drop(load.id);
    }
    listener.onLoad(
        load.id, bytes, Duration.between(load.asked, start), Duration.between(start, now));
  }

  private List<ResidentAdapter> checked(AdapterLoads.Load load, AdapterContent content) {
    List<ResidentAdapter> prepared = content.prepared(prepare);
    try {
      load.from.check(load.id, AdapterTrial.parts(content, prepared));
      return prepared;
    } catch (RuntimeException e) {
      prepared.forEach(ResidentAdapter::close);
      throw e;
    }
  }

  /** Forgets everything; leased versions live until their leases end. */
  @Override
  public void close() {
    loads.close(memory::wake);
    residents.keySet().forEach(this::drop);
  }
}
