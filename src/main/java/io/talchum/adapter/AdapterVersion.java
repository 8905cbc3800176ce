package io.talchum.adapter;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One resident version with its references: one of the registry while the name points to it, one
 * per open lease. The last one to go closes the resident adapter, once. Any thread.
 */
final class AdapterVersion {
  private final AdapterId id;
  private final AdapterInfo info;
  private final List<AdapterTrial.Part> parts; // one, or one for each task
  private final boolean hasTasks;
  private final Runnable closed;
  private final AtomicInteger references = new AtomicInteger(1);

  /** Who holds it tries the adapter. */
  private final ReentrantLock trying = new ReentrantLock();

  private volatile boolean isTried;

  AdapterVersion(
      AdapterId id, AdapterContent adapter, List<ResidentAdapter> residents, Instant loadedAt) {
    this(id, adapter, residents, loadedAt, () -> {});
  }

  /**
   * @param closed called once, after the resident adapters were closed
   */
  AdapterVersion(
      AdapterId id,
      AdapterContent adapter,
      List<ResidentAdapter> residents,
      Instant loadedAt,
      Runnable closed) {
    this.id = id;
    this.closed = closed;
    this.parts = AdapterTrial.parts(adapter, residents);
    this.hasTasks = !adapter.tasks().isEmpty();
    this.info =
        new AdapterInfo(
            id,
            adapter.kind(),
            adapter.source(),
            adapter.maxRank(),
            residents.stream().mapToLong(ResidentAdapter::residentBytes).sum(),
            loadedAt,
            0);
  }

  AdapterId id() {
    return id;
  }

  /** The leases are counted at this moment; the registry's own reference is not one. */
  AdapterInfo info() {
    return info.withLeases(Math.max(0, references.get() - 1));
  }

  /** A new lease, or false if the last reference is already gone. */
  boolean retain() {
    return references.getAndUpdate(n -> n == 0 ? 0 : n + 1) > 0;
  }

  void release() {
    if (references.decrementAndGet() == 0) {
      parts.forEach(part -> part.resident().close());
      closed.run();
    }
  }

  /** Nobody needs to try it any more. */
  void tried() {
    isTried = true;
  }

  /**
   * Has it tried by the first who comes here; the others wait for that. The caller holds a
   * reference.
   *
   * @param now when the caller begins to wait
   * @param until when to give up; null never
   * @throws ServeException as {@link AdapterTrial#firstUse}
   */
  void requireTried(AdapterTrial trial, Instant now, @Nullable Instant until) {
    if (isTried) {
      return;
    }
    lockTrying(now, until);
    try {
      if (!isTried) {
        trial.firstUse(id, parts, until);
        isTried = true;
      }
    } finally {
      trying.unlock();
    }
  }

  private void lockTrying(Instant now, @Nullable Instant until) {
    try {
      if (until == null) {
        trying.lockInterruptibly();
      } else if (!trying.tryLock(Duration.between(now, until).toNanos(), TimeUnit.NANOSECONDS)) {
        throw new ServeException(
            ErrorCode.DEADLINE_EXCEEDED,
            "the deadline passed while adapter %s was tried".formatted(id));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ServeException(ErrorCode.SHUTTING_DOWN, "the server is shutting down", e);
    }
  }

  /** How many tasks requests may name; 0 if it does the same for all. */
  int tasks() {
    return hasTasks ? parts.size() : 0;
  }

  /**
   * A lease over a reference that {@link #retain} took.
   *
   * @param task below {@link #tasks}, 0 without tasks
   */
  AdapterLease lease(int task) {
    return new Lease(hasTasks ? id.ofTask(task) : id, parts.get(task).resident());
  }

  private final class Lease implements AdapterLease {
    private final AdapterId id;
    private final ResidentAdapter resident;
    private final AtomicBoolean closed = new AtomicBoolean();

    Lease(AdapterId id, ResidentAdapter resident) {
      this.id = id;
      this.resident = resident;
    }

    @Override
    public AdapterId id() {
      return id;
    }

    @Override
    public ResidentAdapter resident() {
      if (closed.get()) {
        throw new IllegalStateException("the lease on " + id + " is closed");
      }
      return resident;
    }

    @Override
    public void close() {
      if (closed.compareAndSet(false, true)) {
        release();
      }
    }
  }
}
