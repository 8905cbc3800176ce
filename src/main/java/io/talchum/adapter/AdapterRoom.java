package io.talchum.adapter;

/** Memory for adapters that are tried before anybody may name them. Any thread. */
@FunctionalInterface
public interface AdapterRoom {
  /** Counts nothing. */
  AdapterRoom UNCOUNTED = bytes -> actual -> {};

  /**
   * Takes room before anything is allocated; waits for it, not for ever.
   *
   * @throws io.talchum.core.ServeException INVALID_REQUEST if there can never be so much,
   *     QUEUE_FULL if others have it
   */
  Taken take(long bytes);

  /** Room that is held until it is closed. */
  interface Taken extends AutoCloseable {
    /**
     * It is so much in truth.
     *
     * @throws io.talchum.core.ServeException QUEUE_FULL if it is more, and others have that
     */
    void resize(long bytes);

    @Override
    default void close() {
      resize(0);
    }
  }
}
