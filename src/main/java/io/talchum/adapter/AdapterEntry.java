package io.talchum.adapter;

import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** A version in {@link AdapterCache} and when it was used last. Any thread. */
final class AdapterEntry {
  private final AdapterVersion version;
  private final List<AdapterId> parts;
  private final AtomicLong uses;
  private volatile long lastUse;

  /**
   * @param parts of a mix
   * @param uses counts the uses of all entries
   */
  AdapterEntry(AdapterVersion version, List<AdapterId> parts, AtomicLong uses) {
    this.version = version;
    this.parts = List.copyOf(parts);
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

  /** Whether it is a mix of that version with others. */
  boolean isMadeOf(AdapterId part) {
    return parts.contains(part);
  }

  boolean isLeased() {
    return version.info().leases() > 0;
  }

  long bytes() {
    return version.info().residentBytes();
  }
}
