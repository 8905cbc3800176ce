package io.talchum.api.http;

import io.talchum.api.gate.HttpRoute;
import io.talchum.api.gate.RoutePolicy;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Lets pages of other origins call from a browser, where that is configured (the Fetch standard's
 * CORS protocol). Cookies are never asked for: keys travel in a header.
 */
final class Cors {
  private static final String ANY = "*";
  private static final String EXPOSED =
      "x-request-id, x-talchum-model, Retry-After, WWW-Authenticate";

  private final List<String> origins;

  Cors(List<String> origins) {
    this.origins = origins;
  }

  /** Adds what the browser asks for; whether the request was a question of a browser, answered. */
  boolean answer(RoutingContext context) {
    HttpServerRequest request = context.request();
    HttpServerResponse response = context.response();
    String allowed = allowed(request.getHeader("Origin"));
    if (allowed == null) {
      return false;
    }
    response.putHeader("Access-Control-Allow-Origin", allowed);
    response.putHeader("Vary", "Origin");
    if (request.method() != HttpMethod.OPTIONS
        || !request.headers().contains("Access-Control-Request-Method")) {
      response.putHeader("Access-Control-Expose-Headers", EXPOSED);
      return false;
    }
    String methods =
        RoutePolicy.at(context.normalizedPath()).stream()
            .map(HttpRoute::method)
            .collect(Collectors.joining(", "));
    response
        .setStatusCode(204)
        .putHeader("Access-Control-Allow-Methods", methods)
        .putHeader("Access-Control-Max-Age", "600");
    String headers = request.getHeader("Access-Control-Request-Headers");
    if (headers != null) {
      response.putHeader("Access-Control-Allow-Headers", headers);
    }
    response.end().onComplete(sent -> endUnread(request));
    return true;
  }

  /** A question has no body; one that has is not read. */
  private static void endUnread(HttpServerRequest request) {
    if (!request.isEnded()) {
      Refusal.end(request);
    }
  }

  private @Nullable String allowed(@Nullable String origin) {
    if (origin == null || origins.isEmpty()) {
      return null;
    }
    if (origins.contains(ANY)) {
      return ANY;
    }
    return origins.contains(origin) ? origin : null;
  }
}
