package io.talchum.service;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/** Measures one answer's way out. Any thread. */
final class Delivery {
  private final InstantSource clock;
  private final ServiceListener listener;
  private volatile @Nullable Duration modelTime;

  Delivery(InstantSource clock, ServiceListener listener) {
    this.clock = clock;
    this.listener = listener;
  }

  /** The last choice is complete; of choices that were queued together it ran the longest. */
  void complete(Duration model) {
    modelTime = model;
  }

  /** Reports an answer that is complete. */
  void ended(Instant arrivedAt) {
    Duration model = modelTime;
    if (model != null) {
      listener.onDelivered(Duration.between(arrivedAt, clock.instant()).minus(model));
    }
  }
}
