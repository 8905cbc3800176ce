package io.talchum.service;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;

/** Whether the server serves. */
public final class HealthService {
  private final SequenceEngine engine;

  public HealthService(SequenceEngine engine) {
    this.engine = engine;
  }

  /**
   * Returns if requests are served.
   *
   * @throws ServeException ENGINE_UNHEALTHY
   */
  public void check() {
    if (!engine.isHealthy()) {
      throw new ServeException(
          ErrorCode.ENGINE_UNHEALTHY, "the engine has failed; restart the server");
    }
  }
}
