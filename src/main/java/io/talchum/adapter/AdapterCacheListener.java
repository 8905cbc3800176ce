package io.talchum.adapter;

import java.time.Duration;

/** Told what {@link AdapterCache} does; called on any thread, must not block. */
public interface AdapterCacheListener {
  /** For tests and tools that do not listen. */
  AdapterCacheListener NONE = new AdapterCacheListener() {};

  /** A request found its adapter in memory. */
  default void onHit(AdapterId id) {}

  /**
   * An adapter came into memory for a request; one that was kept before is ready for its first.
   *
   * @param waited for its turn and for room
   * @param duration of reading, preparing and trying, as far as that was left to do
   */
  default void onLoad(AdapterId id, long bytes, Duration waited, Duration duration) {}

  /** A load failed. */
  default void onFailure(AdapterId id, String reason) {}

  /**
   * An adapter that requests have used made room for others; its memory is free when its last lease
   * ends.
   */
  default void onEvict(AdapterId id, long bytes) {}
}
