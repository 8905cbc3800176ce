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
import java.util.function.Supplier;
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
      Function<AdapterWeights, ResidentAdapter> prepare,
      Limits limits,
      InstantSource clock,
      AdapterCacheListener listener) {
    this.prepare = prepare;
    this.clock = clock;
    this.listener = listener;
    this.loads = new AdapterLoads(limits.waiting(), clock, this::find, this::run);
    this.memory = new AdapterMemory(limits.bytes(), residents, listener);
  }

  /**
   * A lease on a version, loaded first if it is not in memory.
   *
   * @param from what reads it; of whatever has the same id, always the same content
   * @param variant of an adapter with variants
   * @param until when to give up waiting; null never
   * @throws ServeException what the load throws; QUEUE_FULL if too many wait; DEADLINE_EXCEEDED;
   *     MODEL_NOT_FOUND if it has no such variant
   */
  public AdapterLease acquire(
      AdapterSource from, AdapterId id, OptionalInt variant, @Nullable Instant until) {
    AdapterVersion version = retained(from, id, until);
    try {
      return version.lease(
          new AdapterReference(id.name(), variant, "").variantOf(version.variants()));
    } catch (ServeException e) {
      version.release();
      throw e;
    }
  }

  /** Has a version in memory, until others need the room. */
  public void load(AdapterSource from, AdapterId id, @Nullable Instant until) {
    retained(from, id, until).release();
  }

  /**
   * Has a version in memory if there is room that nobody has; the first request that wants it has
   * it tried.
   *
   * @throws ServeException what the source and the preparation throw
   */
  public void keep(AdapterSource from, AdapterId id) {
    long expected = from.residentBytes(id);
    if (!memory.correct(0, expected)) {
      return;
    }
    AdapterContent content = releasing(expected, () -> from.read(id));
    List<ResidentAdapter> prepared = releasing(expected, () -> content.prepared(prepare));
    if (memory.correct(expected, AdapterContent.bytes(prepared))) {
      memory.add(entry(from, id, content, prepared));
    } else {
      prepared.forEach(ResidentAdapter::close);
    }
  }

  /**
   * Room of the same memory for adapters that are tried: residents that nobody uses leave for them.
   *
   * @param patience how long one waits for those that are in use
   */
  public AdapterRoom trialRoom(Duration patience) {
    return new SelfTestRoom(memory, patience);
  }

  private AdapterEntry entry(
      AdapterSource from, AdapterId id, AdapterContent content, List<ResidentAdapter> prepared) {
    long bytes = AdapterContent.bytes(prepared);
    Runnable closed = () -> memory.freed(bytes);
    return new AdapterEntry(new AdapterVersion(id, content, prepared, closed), from, memory.uses());
  }

  private AdapterVersion retained(AdapterSource from, AdapterId id, @Nullable Instant until) {
    AdapterVersion found = find(id);
    return found == null ? loads.await(from, id, until) : found;
  }

  private @Nullable AdapterVersion find(AdapterId id) {
    AdapterEntry entry = residents.get(id);
    if (entry == null || !entry.version().isTried() || !entry.version().retain()) {
      return null;
    }
    entry.touch();
    listener.onHit(id);
    return entry.version();
  }

  /** What of it is in memory; null if nothing. */
  public @Nullable ResidentInfo resident(AdapterId id) {
    AdapterEntry entry = residents.get(id);
    return entry == null ? null : entry.info();
  }

  /** All that is in memory, in no order. */
  public List<ResidentInfo> residents() {
    return residents.values().stream().map(AdapterEntry::info).toList();
  }

  /** Memory taken: residents, those evicted but leased, those being loaded. */
  public long usedBytes() {
    return memory.usedBytes();
  }

  /** Requests that run on a version, alone or in a mix. */
  public int leases(AdapterId id) {
    return residents.values().stream()
        .filter(entry -> entry.id().equals(id) || entry.isMadeOf(id))
        .mapToInt(entry -> entry.version().leases())
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
      if (!publishKept(load) && !publishRead(load)) {
        loads.fail(load, AdapterLoads.shuttingDown());
      }
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

  /** Returns false if it was not kept. */
  private boolean publishKept(AdapterLoads.Load load) {
    AdapterEntry kept = residents.get(load.id);
    if (kept == null || !kept.version().retain()) {
      return false;
    }
    Instant start = clock.instant();
    try {
      kept.from().check(load.id, kept.version().parts());
      kept.version().tried();
      kept.touch();
      tell(load, kept.bytes(), start);
      loads.succeed(load, kept.version(), () -> {});
    } catch (RuntimeException | Error e) {
      memory.drop(load.id);
      throw e;
    } finally {
      kept.version().release();
    }
    return true;
  }

  /** Others make room only for what could be read. Returns false if nobody wants it any more. */
  private boolean publishRead(AdapterLoads.Load load) {
    if (!loads.isWanted(load)) {
      return false;
    }
    long expected = load.from.residentBytes(load.id);
    boolean isTaken = memory.take(expected);
    if (!isTaken) {
      memory.requirePossible(expected);
    }
    Instant asked = clock.instant();
    AdapterContent content = releasing(isTaken ? expected : 0, () -> load.from.read(load.id));
    Duration reading = Duration.between(asked, clock.instant());
    if (!isTaken && !memory.reserve(expected, () -> loads.isWanted(load))) {
      return false;
    }
    Instant start = clock.instant().minus(reading);
    List<ResidentAdapter> prepared = prepared(load, content, expected);
    if (prepared.isEmpty()) {
      return false;
    }
    check(load, content, prepared);
    AdapterEntry entry = entry(load.from, load.id, content, prepared);
    entry.version().tried();
    tell(load, entry.bytes(), start);
    loads.succeed(load, entry.version(), () -> memory.add(entry));
    if (loads.isClosed()) {
      memory.drop(load.id);
    }
    return true;
  }

  private void tell(AdapterLoads.Load load, long bytes, Instant start) {
    listener.onLoad(
        load.id,
        bytes,
        Duration.between(load.asked, start),
        Duration.between(start, clock.instant()));
  }

  /**
   * Ready to run, in room that was taken for it: if it needs more than was expected and there is
   * not so much, it is given up until there is. Empty if nobody wants it any more.
   */
  private List<ResidentAdapter> prepared(
      AdapterLoads.Load load, AdapterContent content, long expected) {
    long room = expected;
    while (true) {
      List<ResidentAdapter> prepared = releasing(room, () -> content.prepared(prepare));
      long bytes = AdapterContent.bytes(prepared);
      if (memory.correct(room, bytes)) {
        return prepared;
      }
      prepared.forEach(ResidentAdapter::close);
      if (!memory.reserve(bytes, () -> loads.isWanted(load))) {
        return List.of();
      }
      room = bytes;
    }
  }

  private void check(
      AdapterLoads.Load load, AdapterContent content, List<ResidentAdapter> prepared) {
    try {
      load.from.check(load.id, AdapterSelfTest.parts(content, prepared));
    } catch (RuntimeException | Error e) {
      prepared.forEach(ResidentAdapter::close);
      memory.release(AdapterContent.bytes(prepared));
      throw e;
    }
  }

  /** Gives reserved room back if it fails. */
  private <T> T releasing(long bytes, Supplier<T> work) {
    try {
      return work.get();
    } catch (RuntimeException | Error e) {
      memory.release(bytes);
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
