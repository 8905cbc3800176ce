package io.talchum.adapter;

import java.time.Instant;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One resident version with its references: one of the registry while the name points to it, one
 * per open lease. The last one to go closes the resident adapter, once. Any thread.
 */
final class AdapterVersion {
  private final AdapterId id;
  private final AdapterInfo info;
  private final ResidentAdapter resident;
  private final AtomicInteger references = new AtomicInteger(1);

  AdapterVersion(AdapterId id, AdapterContent adapter, ResidentAdapter resident, Instant loadedAt) {
    this.id = id;
    this.resident = resident;
    this.info =
        new AdapterInfo(
            id,
            adapter.kind(),
            adapter.source(),
            adapter.maxRank(),
            resident.residentBytes(),
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
      resident.close();
    }
  }

  /** A lease over a reference that {@link #retain} took. */
  AdapterLease lease() {
    return new Lease();
  }

  private final class Lease implements AdapterLease {
    private final AtomicBoolean closed = new AtomicBoolean();

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
