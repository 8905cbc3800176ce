package io.talchum.adapter;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The memory of {@link AdapterCache}: what is taken, who has to leave. Any thread.
 *
 * <p>The least recently used goes first: of those that nobody uses, else of all that may go. Loads
 * get room in the order in which they ask for it. The lock guards numbers only: the engine's thread
 * takes it when a lease ends, so nobody reads a disk, closes an adapter or tells a listener under
 * it.
 */
final class AdapterMemory {
  private final long capacity;
  private final ConcurrentMap<AdapterId, AdapterEntry> residents;
  private final AdapterCacheListener listener;
  private final AtomicLong uses = new AtomicLong();

  /** Who holds it is the next to get room. */
  private final ReentrantLock turn = new ReentrantLock(true);

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private long used; // guarded by lock
  private long leaving; // guarded by lock; of used: evicted, freed when the leases end
  private long changes; // guarded by lock; counts what those who wait for room have to look at

  AdapterMemory(
      long capacity,
      ConcurrentMap<AdapterId, AdapterEntry> residents,
      AdapterCacheListener listener) {
    this.capacity = capacity;
    this.residents = residents;
    this.listener = listener;
  }

  long capacity() {
    return capacity;
  }

  AtomicLong uses() {
    return uses;
  }

  long usedBytes() {
    lock.lock();
    try {
      return used;
    } finally {
      lock.unlock();
    }
  }

  /** Takes room that is free and that nobody waits for; evicts nobody. */
  boolean take(long bytes) {
    if (!turn.tryLock()) {
      return false;
    }
    try {
      return correct(0, bytes);
    } finally {
      turn.unlock();
    }
  }

  /**
   * Takes room, waiting for it if need be.
   *
   * @param wanted asked before each wait
   * @return false if it is not wanted any more
   * @throws ServeException INVALID_REQUEST if it can never fit; then nobody was evicted for it
   */
  boolean reserve(long bytes, BooleanSupplier wanted) {
    turn.lock();
    try {
      while (true) {
        long seen = changes();
        if (!wanted.getAsBoolean()) {
          return false;
        }
        if (correct(0, bytes)) {
          return true;
        }
        List<AdapterEntry> evicted = makeRoom(bytes, look());
        evicted.forEach(this::letGo);
        if (evicted.isEmpty()) {
          awaitChange(seen);
        }
      }
    } finally {
      turn.unlock();
    }
  }

  /**
   * @throws ServeException INVALID_REQUEST if so much can never be free
   */
  void requirePossible(long bytes) {
    requirePossible(bytes, look());
  }

  private void requirePossible(long bytes, Look look) {
    long pinned =
        look.pinned().stream()
            .filter(entry -> residents.get(entry.id()) == entry)
            .mapToLong(AdapterEntry::bytes)
            .sum();
    if (pinned + bytes > capacity) {
      throw ServeException.of(
          ErrorCode.INVALID_REQUEST,
          "model",
          "the adapter needs %d bytes of memory; talchum.adapter-memory is %d, of which %d are pinned; raise it or unpin some"
              .formatted(bytes, capacity, pinned));
    }
  }

  /** The residents at one moment, and which of them may not go. */
  private record Look(Set<AdapterEntry> seen, Set<AdapterEntry> pinned) {}

  /** Without the lock: whether something is pinned may have to be read from a disk. */
  private Look look() {
    Set<AdapterEntry> seen = Set.copyOf(residents.values());
    return new Look(seen, seen.stream().filter(AdapterEntry::isPinned).collect(Collectors.toSet()));
  }

  /**
   * Who has left the residents, as far as room can be made now: what is being loaded may leave
   * later. Empty too if somebody came after the look.
   */
  private List<AdapterEntry> makeRoom(long bytes, Look look) {
    List<AdapterEntry> evicted = new ArrayList<>();
    lock.lock();
    try {
      if (!look.seen().containsAll(residents.values())) {
        return evicted;
      }
      requirePossible(bytes, look);
      while (used - leaving + bytes > capacity) {
        Optional<AdapterEntry> victim = victim(look.pinned());
        if (victim.isEmpty()) {
          break;
        }
        remove(victim.get());
        evicted.add(victim.get());
      }
      return evicted;
    } finally {
      lock.unlock();
    }
  }

  private Optional<AdapterEntry> victim(Set<AdapterEntry> pinned) {
    return residents.values().stream()
        .filter(entry -> !pinned.contains(entry))
        .map(Candidate::new)
        .min(Candidate.ORDER)
        .map(Candidate::entry);
  }

  /** What the order depends on, looked at once: it may change while it is compared. */
  private record Candidate(AdapterEntry entry, boolean leased, long lastUse) {
    static final Comparator<Candidate> ORDER =
        Comparator.comparing(Candidate::leased).thenComparingLong(Candidate::lastUse);

    Candidate(AdapterEntry entry) {
      this(entry, entry.isLeased(), entry.lastUse());
    }
  }

  /**
   * Under the lock; the caller releases it afterwards. The bytes leave then: see {@link #freed}.
   */
  private void remove(AdapterEntry entry) {
    residents.remove(entry.id());
    leaving += entry.bytes();
  }

  private void letGo(AdapterEntry entry) {
    boolean isTold = entry.version().isTried();
    entry.version().release();
    if (isTold) {
      listener.onEvict(entry.id(), entry.bytes());
    }
  }

  private long changes() {
    lock.lock();
    try {
      return changes;
    } finally {
      lock.unlock();
    }
  }

  private void awaitChange(long seen) {
    lock.lock();
    try {
      while (changes == seen) {
        changed.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Under the lock. */
  private void tell() {
    changes++;
    changed.signalAll();
  }

  /** Makes it resident; another entry of that id leaves. */
  void add(AdapterEntry entry) {
    AdapterEntry before;
    lock.lock();
    try {
      before = removed(entry.id());
      residents.put(entry.id(), entry);
      tell(); // it may leave from now on
    } finally {
      lock.unlock();
    }
    release(before);
  }

  void drop(AdapterId id) {
    AdapterEntry entry;
    lock.lock();
    try {
      entry = removed(id);
    } finally {
      lock.unlock();
    }
    release(entry);
  }

  /** Under the lock. */
  private @Nullable AdapterEntry removed(AdapterId id) {
    AdapterEntry entry = residents.get(id);
    if (entry != null) {
      remove(entry);
    }
    return entry;
  }

  private static void release(@Nullable AdapterEntry entry) {
    if (entry != null) {
      entry.version().release();
    }
  }

  /** A closed version gives its room back: it was removed before. */
  void freed(long bytes) {
    lock.lock();
    try {
      used -= bytes;
      leaving -= bytes;
      tell();
    } finally {
      lock.unlock();
    }
  }

  /** A load that failed gives its room back. */
  void release(long bytes) {
    lock.lock();
    try {
      used -= bytes;
      tell();
    } finally {
      lock.unlock();
    }
  }

  /**
   * What was reserved, if anything, turned out to be another size: takes the difference if there is
   * room now.
   *
   * @return whether there was; if not, nothing is reserved any more
   */
  boolean correct(long expected, long bytes) {
    lock.lock();
    try {
      boolean fits = bytes <= expected || used + bytes - expected <= capacity;
      long change = (fits ? bytes : 0) - expected;
      used += change;
      if (change < 0) {
        tell();
      }
      return fits;
    } finally {
      lock.unlock();
    }
  }

  /** Lets those who wait look whether they are wanted. */
  void wake() {
    release(0);
  }
}
