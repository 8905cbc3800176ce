package io.talchum.service;

import io.talchum.adapter.AdapterId;
import io.talchum.adapter.AdapterLease;
import io.talchum.adapter.ResidentAdapter;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** One lease for all choices of a request, so that they share one version; any thread. */
final class SharedLease implements AutoCloseable {
  private final AdapterLease lease;

  /** Parts that are still open, and one for the request itself until {@link #close}. */
  private final AtomicInteger open = new AtomicInteger(1);

  SharedLease(AdapterLease lease) {
    this.lease = lease;
  }

  /** A lease for one choice. */
  AdapterLease part() {
    open.incrementAndGet();
    return new Part(new AtomicBoolean());
  }

  /** No more parts will be asked for. */
  @Override
  public void close() {
    release();
  }

  private void release() {
    if (open.decrementAndGet() == 0) {
      lease.close();
    }
  }

  private final class Part implements AdapterLease {
    private final AtomicBoolean closed;

    Part(AtomicBoolean closed) {
      this.closed = closed;
    }

    @Override
    public AdapterId id() {
      return lease.id();
    }

    @Override
    public ResidentAdapter resident() {
      return lease.resident();
    }

    @Override
    public void close() {
      if (closed.compareAndSet(false, true)) {
        release();
      }
    }
  }
}
