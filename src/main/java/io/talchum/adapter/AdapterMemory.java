package io.talchum.adapter;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.util.Comparator;
import java.util.Optional;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * The memory of {@link AdapterCache}: what is taken, who has to leave. Any thread.
 *
 * <p>The least recently used goes first: of those that nobody uses, else of all that may go. Loads
 * get room in the order in which they ask for it.
 */
final class AdapterMemory {
  private final long capacity;
  private final ConcurrentMap<AdapterId, AdapterEntry> residents;
  private final AdapterCacheListener listener;
  private final AtomicLong uses = new AtomicLong();

  /** Who holds it is the next to get room. */
  private final ReentrantLock turn = new ReentrantLock(true);

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition freed = lock.newCondition();
  private long used; // guarded by lock
  private long leaving; // guarded by lock; of used: evicted, freed when the leases end
  private long loading; // guarded by lock; of used: reserved, not resident yet

  AdapterMemory(
      long capacity,
      ConcurrentMap<AdapterId, AdapterEntry> residents,
      AdapterCacheListener listener) {
    this.capacity = capacity;
    this.residents = residents;
    this.listener = listener;
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

  /**
   * Takes room, waiting for it if need be.
   *
   * @param wanted asked before each wait
   * @return false if it is not wanted any more
   * @throws ServeException INVALID_REQUEST if it can never fit
   */
  boolean reserve(long bytes, BooleanSupplier wanted) {
    turn.lock();
    try {
      while (wanted.getAsBoolean()) {
        if (tryReserve(bytes)) {
          return true;
        }
      }
      return false;
    } finally {
      turn.unlock();
    }
  }

  /** Evicts what must go; then takes the room, or waits for a change and returns false. */
  private boolean tryReserve(long bytes) {
    lock.lock();
    try {
      makeRoom(bytes);
      if (used + bytes <= capacity) {
        used += bytes;
        loading += bytes;
        return true;
      }
      freed.awaitUninterruptibly();
      return false;
    } finally {
      lock.unlock();
    }
  }

  /** As far as it can be made now: what is being loaded may leave later. */
  private void makeRoom(long bytes) {
    while (used - leaving + bytes > capacity) {
      Optional<AdapterEntry> victim = victim();
      if (bytes > capacity || (victim.isEmpty() && loading == 0)) {
        throw tooLarge(bytes);
      }
      if (victim.isEmpty()) {
        return;
      }
      evict(victim.get());
    }
  }

  private Optional<AdapterEntry> victim() {
    return residents.values().stream()
        .filter(entry -> !entry.isPinned())
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

  private void evict(AdapterEntry entry) {
    if (remove(entry) && entry.version().isTried()) {
      listener.onEvict(entry.id(), entry.bytes());
    }
  }

  /** Under the lock. The bytes leave at once if nobody uses it: see {@link #freed}. */
  private boolean remove(AdapterEntry entry) {
    if (!residents.remove(entry.id(), entry)) {
      return false;
    }
    leaving += entry.bytes();
    entry.version().release();
    return true;
  }

  private ServeException tooLarge(long bytes) {
    return ServeException.of(
        ErrorCode.INVALID_REQUEST,
        "model",
        "the adapter needs %d bytes of memory; talchum.adapter-memory is %d, of which %d are pinned; raise it or unpin some"
            .formatted(bytes, capacity, bytes > capacity ? 0 : used - leaving));
  }

  /** Makes it resident; another entry of that id leaves. */
  void add(AdapterEntry entry) {
    lock.lock();
    try {
      AdapterEntry before = residents.get(entry.id());
      if (before != null) {
        boolean unused = remove(before);
      }
      residents.put(entry.id(), entry);
      loading -= entry.bytes();
      freed.signalAll(); // it may leave from now on
    } finally {
      lock.unlock();
    }
  }

  void drop(AdapterId id) {
    lock.lock();
    try {
      AdapterEntry entry = residents.get(id);
      if (entry != null) {
        boolean unused = remove(entry);
      }
    } finally {
      lock.unlock();
    }
  }

  /** A closed version gives its room back: it was removed before. */
  void freed(long bytes) {
    lock.lock();
    try {
      used -= bytes;
      leaving -= bytes;
      freed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** A load that failed gives its room back. */
  void release(long bytes) {
    lock.lock();
    try {
      used -= bytes;
      loading -= bytes;
      freed.signalAll();
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
      loading += change;
      freed.signalAll();
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
