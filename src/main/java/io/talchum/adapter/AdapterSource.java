package io.talchum.adapter;

import java.util.List;

/** Where adapters come from that are loaded on demand. Any thread. */
public interface AdapterSource {
  /**
   * Reads an adapter's weights.
   *
   * @throws io.talchum.core.ServeException MODEL_NOT_FOUND, INVALID_ADAPTER
   */
  AdapterContent read(AdapterId id);

  /**
   * Tries an adapter that is ready to run, unless that was done before; a request waits for it.
   *
   * @throws io.talchum.core.ServeException as {@link AdapterSelfTest#firstUse}
   */
  default void check(AdapterId id, List<AdapterSelfTest.Part> parts) {}

  /** What requests are checked against, known without a load. */
  default AdapterFacts facts(AdapterId id) {
    return AdapterFacts.PLAIN;
  }

  /** Whether nothing but reading is left to be done before a mix may have it as a part. */
  default boolean isTried(AdapterId id) {
    return true;
  }

  /** The versions that a mix is made of; empty for others. */
  default List<AdapterId> parts(AdapterId id) {
    return List.of();
  }

  /** What it will take in memory; if that is not known before it is read, about. */
  long residentBytes(AdapterId id);

  /** Whether it stays in memory once it is there. */
  boolean isPinned(AdapterId id);
}
