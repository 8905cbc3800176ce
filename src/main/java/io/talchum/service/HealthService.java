package io.talchum.service;

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
   * @throws io.talchum.core.ServeException ENGINE_UNHEALTHY with the reason, SHUTTING_DOWN
   */
  public void check() {
    engine.requireAccepting();
  }
}
