package io.talchum.adapter;

import java.util.concurrent.atomic.AtomicLong;

/** A version in {@link AdapterCache} and when it was used last. Any thread. */
final class AdapterEntry {
  private final AdapterVersion version;
  private final AdapterSource from;
  private final AtomicLong uses;
  private volatile long lastUse;

  /**
   * @param from where it was read
   * @param uses counts the uses of all entries
   */
  AdapterEntry(AdapterVersion version, AdapterSource from, AtomicLong uses) {
    this.version = version;
    this.from = from;
    this.uses = uses;
    this.lastUse = uses.incrementAndGet();
  }

  AdapterVersion version() {
    return version;
  }

  AdapterSource from() {
    return from;
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

  /** Whether it is a mix of that version with others. */
  boolean isMadeOf(AdapterId part) {
    return from.parts(id()).contains(part);
  }

  boolean isPinned() {
    return from.isPinned(id());
  }

  boolean isLeased() {
    return version.leases() > 0;
  }

  long bytes() {
    return version.bytes();
  }

  ResidentInfo info() {
    return new ResidentInfo(id(), bytes(), version.leases());
  }
}
