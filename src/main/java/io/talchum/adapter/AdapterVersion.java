package io.talchum.adapter;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One resident version with its references: one of the cache while it may be found there, one per
 * open lease. The last one to go closes the resident adapter, once. Any thread.
 */
final class AdapterVersion {
  private final AdapterId id;
  private final long bytes;
  private final List<AdapterSelfTest.Part> parts; // one, or one for each variant
  private final boolean hasVariants;
  private final Runnable closed;
  private final AtomicInteger references = new AtomicInteger(1);
  private volatile boolean isTried;

  /**
   * @param closed called once, after the resident adapters were closed
   */
  AdapterVersion(
      AdapterId id, AdapterContent adapter, List<ResidentAdapter> residents, Runnable closed) {
    this.id = id;
    this.closed = closed;
    this.parts = AdapterSelfTest.parts(adapter, residents);
    this.hasVariants = !adapter.variants().isEmpty();
    this.bytes = AdapterContent.bytes(residents);
  }

  AdapterId id() {
    return id;
  }

  long bytes() {
    return bytes;
  }

  List<AdapterSelfTest.Part> parts() {
    return parts;
  }

  /** Requests may have it from now on. */
  void tried() {
    isTried = true;
  }

  boolean isTried() {
    return isTried;
  }

  /** At this moment; the cache's own reference is not one. */
  int leases() {
    return Math.max(0, references.get() - 1);
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

  /** How many variants requests may name; 0 if it does the same for all. */
  int variants() {
    return hasVariants ? parts.size() : 0;
  }

  /**
   * A lease over a reference that {@link #retain} took.
   *
   * @param variant below {@link #variants}, 0 without variants
   */
  AdapterLease lease(int variant) {
    return new Lease(hasVariants ? id.ofVariant(variant) : id, parts.get(variant).resident());
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
