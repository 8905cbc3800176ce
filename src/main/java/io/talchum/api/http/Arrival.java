package io.talchum.api.http;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import java.time.Instant;
import java.util.Objects;

/**
 * Where and when a request's head was read.
 *
 * @param eventLoop the one of its connection, which alone writes to it
 */
record Arrival(Instant at, Context eventLoop) {
  private static final String KEY = "talchum.arrival";

  /** Now; on the event loop. */
  static Arrival at(Instant now) {
    return new Arrival(now, Objects.requireNonNull(Vertx.currentContext()));
  }

  void put(RoutingContext context) {
    context.put(KEY, this);
  }

  /** What the gate left. */
  static Arrival of(RoutingContext context) {
    return Objects.requireNonNull(context.get(KEY));
  }
}
