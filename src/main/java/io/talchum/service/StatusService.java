package io.talchum.service;

import io.talchum.engine.Engine;

/** Whether the server serves, and how it computes. */
public final class StatusService {
  private final Engine engine;
  private final String products;

  /**
   * @param products how quantized matrices are multiplied, for people
   */
  public StatusService(Engine engine, String products) {
    this.engine = engine;
    this.products = products;
  }

  /** How quantized matrices are multiplied, for people. */
  public String products() {
    return products;
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
