package io.talchum.api.grpc;

import io.grpc.Metadata;
import io.grpc.Status;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.talchum.api.gate.Access;
import io.talchum.api.gate.BodyBudget;
import io.talchum.api.gate.GateLimits;
import io.talchum.api.gate.GrpcRoute;
import io.talchum.api.gate.RoutePolicy;
import io.talchum.core.ErrorCode;
import io.talchum.core.Principal;
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
import org.jspecify.annotations.Nullable;

/**
 * Says who calls, what for, and how large a message may be, before anything of it is read. Runs on
 * the event loop and does not block.
 */
@Singleton
public class GrpcGate {
  /** Before the gate of HTTP, which leaves alone what has a principal. */
  private static final int PRIORITY = 1010;

  /** Where the gate of HTTP looks for it. */
  private static final String PRINCIPAL = "talchum.principal";

  private static final String ENCODINGS = "identity,gzip";

  /** Of HTTP/2. */
  private static final long NO_ERROR = 0;

  private final ApiKeys keys;
  private final GateLimits limits;
  private final BodyBudget budget;

  public GrpcGate(ApiKeys keys, GateLimits limits, BodyBudget budget) {
    this.keys = keys;
    this.limits = limits;
    this.budget = budget;
  }

  void install(@Observes Filters filters) {
    filters.register(this::check, PRIORITY);
  }

  private void check(RoutingContext context) {
    HttpServerRequest request = context.request();
    if (!isGrpc(request)) {
      context.next();
      return;
    }
    GrpcBody admitted = GrpcBody.current();
    if (admitted != null) {
      context.put(PRINCIPAL, admitted.principal());
      context.addEndHandler(ended -> admitted.release());
      context.next();
      return;
    }
    try {
      admit(context, request).route(context);
    } catch (ServeException e) {
      boolean encoding = e.param().filter("grpc-encoding"::equals).isPresent();
      refuse(request, e, encoding ? Status.Code.UNIMPLEMENTED : StatusTable.of(e.code()));
    }
  }

  private GrpcBody admit(RoutingContext context, HttpServerRequest request) {
    String method = String.valueOf(request.path()).substring(1);
    GrpcRoute route = RoutePolicy.method(method);
    Principal principal =
        route != null && route.access() == Access.OPEN
            ? Principal.ANONYMOUS
            : keys.authenticate(request.getHeader("Authorization"));
    if (route == null) {
      throw new ServeException(
          ErrorCode.METHOD_NOT_ALLOWED, "there is no method " + Printable.of(method));
    }
    route.access().check(principal, method);
    checkEncoding(request.getHeader("grpc-encoding"));
    return new GrpcBody(context.vertx(), request, route, principal, limits, budget);
  }

  /** The status is the one that gRPC's compression specification asks for. */
  private static void checkEncoding(@Nullable String encoding) {
    if (encoding != null && !Set.of(ENCODINGS.split(",")).contains(encoding)) {
      throw ServeException.of(
          ErrorCode.UNSUPPORTED,
          "grpc-encoding",
          "grpc-encoding '%s' is not supported; send gzip, or messages uncompressed"
              .formatted(Printable.of(encoding)));
    }
  }

  /** Answers a call, and ends its stream if not all of it has come. */
  static void refuse(HttpServerRequest request, ServeException error, Status.Code status) {
    HttpServerResponse response = request.response();
    response.putHeader("content-type", "application/grpc");
    response.putHeader("grpc-accept-encoding", ENCODINGS);
    write(error, status, response.headers());
    response
        .end()
        .onComplete(
            sent -> {
              if (!request.isEnded()) {
                Object unused = response.reset(NO_ERROR);
              }
            });
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
