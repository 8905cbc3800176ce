package io.talchum.api.grpc;

import io.grpc.Metadata;
import io.grpc.Status;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.service.ApiKeys;
import io.talchum.service.Printable;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.Locale;
import java.util.Set;

/**
 * Checks gRPC requests before their messages are read: API key and compression. Runs on the event
 * loop and does not block.
 */
@Singleton
public class GrpcGate {
  /** Before the gate of HTTP, which leaves alone what has a tenant. */
  private static final int PRIORITY = 1010;

  /** Where the gate of HTTP looks for the tenant. */
  private static final String TENANT = "talchum.tenant";

  private static final String IDENTITY = "identity";

  /** Exact, so that no other route can hide behind them. */
  private static final Set<String> OPEN_PATHS =
      Set.of("/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch");

  private final ApiKeys keys;
  private final MessageLimit limit;

  public GrpcGate(ApiKeys keys, MessageLimit limit) {
    this.keys = keys;
    this.limit = limit;
  }

  void install(@Observes Filters filters) {
    filters.register(this::check, PRIORITY);
  }

  /** Whether a path is served without a key. */
  static boolean isOpen(String path) {
    return OPEN_PATHS.contains(path);
  }

  private void check(RoutingContext context) {
    HttpServerRequest request = context.request();
    if (!isGrpc(request)) {
      context.next();
      return;
    }
    try {
      context.put(TENANT, tenant(request));
    } catch (ServeException e) {
      refuse(context.response(), e, StatusTable.of(e.code()));
      return;
    }
    String encoding = request.getHeader("grpc-encoding");
    if (encoding != null && !encoding.equals(IDENTITY)) {
      refuseEncoding(context.response(), encoding);
      return;
    }
    context.addHeadersEndHandler(unused -> explainOverflow(context.response().headers()));
    context.next();
  }

  private String tenant(HttpServerRequest request) {
    String path = request.path();
    return path != null && isOpen(path)
        ? "anonymous"
        : keys.authenticate(request.getHeader("Authorization"));
  }

  /**
   * The transport could unpack gzip, but without a bound and on the event loop. The status is the
   * one that gRPC's compression specification asks for.
   */
  private static void refuseEncoding(HttpServerResponse response, String encoding) {
    ServeException error =
        ServeException.of(
            ErrorCode.UNSUPPORTED,
            "grpc-encoding",
            "grpc-encoding '%s' is not supported; send messages uncompressed"
                .formatted(Printable.of(encoding)));
    response.putHeader("grpc-accept-encoding", IDENTITY);
    refuse(response, error, Status.Code.UNIMPLEMENTED);
  }

  /** The transport refuses messages that are too large without saying why. */
  private void explainOverflow(MultiMap headers) {
    ServeException error = limit.exceeded();
    Status.Code status = StatusTable.of(error.code());
    if (Integer.toString(status.value()).equals(headers.get("grpc-status"))
        && !headers.contains("grpc-message")) {
      write(error, status, headers);
    }
  }

  private static void refuse(
      HttpServerResponse response, ServeException error, Status.Code status) {
    response.putHeader("content-type", "application/grpc");
    write(error, status, response.headers());
    response.end();
  }

  private static void write(ServeException error, Status.Code status, MultiMap headers) {
    headers.set("grpc-status", Integer.toString(status.value()));
    headers.set("grpc-message", WireError.percentEncoded(String.valueOf(error.getMessage())));
    Metadata trailers = WireError.trailers(error);
    for (String name : trailers.keys()) {
      String value = trailers.get(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER));
      headers.set(name, String.valueOf(value));
    }
  }

  /** As the framework decides it. */
  private static boolean isGrpc(HttpServerRequest request) {
    String type = request.getHeader("Content-Type");
    return request.version() == HttpVersion.HTTP_2
        && type != null
        && type.toLowerCase(Locale.ROOT).startsWith("application/grpc");
  }
}
