package io.talchum.adapter;

import java.util.concurrent.atomic.AtomicLong;

/** A version in {@link AdapterCache} and when it was used last. Any thread. */
final class AdapterEntry {
  private final AdapterVersion version;
  private final AtomicLong uses;
  private volatile long lastUse;

  /**
   * @param uses counts the uses of all entries
   */
  AdapterEntry(AdapterVersion version, AtomicLong uses) {
    this.version = version;
    this.uses = uses;
    this.lastUse = uses.incrementAndGet();
  }

  AdapterVersion version() {
    return version;
  }

  AdapterId id() {
    return version.id();
  }

  void touch() {
    lastUse = uses.incrementAndGet();
  }

  long lastUse() {
    return lastUse;
  }

  boolean isLeased() {
    return version.info().leases() > 0;
  }

  long bytes() {
    return version.info().residentBytes();
  }
}
