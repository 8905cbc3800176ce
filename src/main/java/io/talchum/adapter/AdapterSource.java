package io.talchum.adapter;

/** Where adapters come from that are loaded on demand. Any thread. */
public interface AdapterSource {
  /**
   * Reads an adapter's weights.
   *
   * @throws io.talchum.core.ServeException MODEL_NOT_FOUND, INVALID_ADAPTER
   */
  AdapterContent read(AdapterId id);

  /** What it will take in memory, known before it is read. */
  long residentBytes(AdapterId id);

  /** Whether it stays in memory once it is there. */
  boolean isPinned(AdapterId id);
}
