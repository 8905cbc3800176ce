package io.talchum.service;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.engine.Engine;

/** Whether the server serves. */
public final class HealthService {
  private final Engine engine;

  public HealthService(Engine engine) {
    this.engine = engine;
  }

  /**
   * Returns if requests are served.
   *
   * @throws ServeException ENGINE_UNHEALTHY, SHUTTING_DOWN
   */
  public void check() {
    if (!engine.isHealthy()) {
      throw new ServeException(
          ErrorCode.ENGINE_UNHEALTHY, "the engine has failed; restart the server");
    }
    if (!engine.isAccepting()) {
      throw new ServeException(ErrorCode.SHUTTING_DOWN, "the server is shutting down");
    }
  }
}
