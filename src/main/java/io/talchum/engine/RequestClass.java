package io.talchum.engine;

/** Who waits for an answer; see {@link Scheduler} for what follows from it. */
public enum RequestClass {
  /** Somebody waits now. */
  ONLINE,
  /**
   * Batches, evaluations, scores: they take what the others leave, and a small share of the rest.
   */
  BACKGROUND
}
