package io.talchum.engine;

/** An accepted request. */
public interface GenerationHandle {
  /**
   * Ends the request with CANCELLED before the next step, unless it has ended already. Any thread.
   */
  void cancel();
}
