package io.talchum.service;

import io.talchum.engine.GenerationRequest;

/** What the services need of the engine. Any thread. */
public interface SequenceEngine {
  /**
   * Queues one sequence.
   *
   * @throws io.talchum.core.ServeException QUEUE_FULL, SHUTTING_DOWN, ENGINE_UNHEALTHY; the sink
   *     then hears nothing and the lease is closed
   */
  void submit(GenerationRequest request);

  /** Ends the sequence at the next step with CANCELLED; unknown and ended ids are ignored. */
  void cancel(String id);

  /** Whether the engine serves. */
  boolean isHealthy();
}
