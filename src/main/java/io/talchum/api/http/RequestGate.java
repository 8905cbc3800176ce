package io.talchum.api.http;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.talchum.api.gate.Access;
import io.talchum.api.gate.BodyBudget;
import io.talchum.api.gate.GateLimits;
import io.talchum.api.gate.HttpRoute;
import io.talchum.api.gate.RoutePolicy;
import io.talchum.core.ErrorCode;
import io.talchum.core.Principal;
import io.talchum.core.ServeException;
import io.talchum.service.ApiKeys;
import io.talchum.service.Printable;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Stands in front of everything on the port but gRPC: says who calls, what for, and whether a body
 * may come, before anything of it is read. Then it reads the body, within bounds. Runs on the event
 * loop and does not block.
 */
@Singleton
public class RequestGate {
  /** Before all routes. */
  private static final int PRIORITY = 1000;

  private static final Pattern CHARSET =
      Pattern.compile(";\\s*charset\\s*=\\s*\"?([^\\s\";]*)", Pattern.CASE_INSENSITIVE);
  private static final Set<String> UTF_8 = Set.of("utf-8", "utf8", "us-ascii");

  private final ApiKeys keys;
  private final InstantSource clock;
  private final GateLimits limits;
  private final BodyBudget budget;
  private final Cors cors;

  public RequestGate(ApiKeys keys, InstantSource clock, GateLimits limits, BodyBudget budget) {
    this.keys = keys;
    this.clock = clock;
    this.limits = limits;
    this.budget = budget;
    this.cors = new Cors(limits.corsOrigins());
  }

  void install(@Observes Filters filters) {
    filters.register(this::check, PRIORITY);
  }

  private void check(RoutingContext context) {
    if (Http1Door.isLast(context.request())) {
      return; // it came behind a request whose answer closes the connection
    }
    ReadRequest read = ReadRequest.current();
    if (read != null) {
      read.fill(context);
      context.next();
      return;
    }
    Arrival arrival = Arrival.at(clock.instant());
    arrival.put(context);
    if (Callers.principal(context) != null) {
      context.next(); // the gate of gRPC has checked it
      return;
    }
    try {
      checkTarget(context.request());
      if (!cors.answer(context)) {
        checkFraming(context.request());
        Principal principal = principal(context);
        HttpRoute route = route(context, principal);
        Callers.put(context, principal);
        proceed(context, route, principal);
      }
    } catch (ServeException e) {
      Refusal.send(context.request(), e);
    }
  }

  private static void checkTarget(HttpServerRequest request) {
    try {
      URI unused = new URI(request.uri());
    } catch (URISyntaxException e) {
      throw new ServeException(
          ErrorCode.INVALID_REQUEST,
          "the path '%s' is no URI (%s at character %d); percent-encode it"
              .formatted(Printable.of(request.uri()), e.getReason(), e.getIndex() + 1),
          e);
    }
  }

  /** Of two ways to say where a body ends or goes, a proxy in front might believe the other one. */
  private static void checkFraming(HttpServerRequest request) {
    List<String> encodings = request.headers().getAll("Transfer-Encoding");
    String encoding = String.join(", ", encodings);
    if (!encodings.isEmpty() && !encoding.equalsIgnoreCase("chunked")) {
      throw new ServeException(
          ErrorCode.INVALID_REQUEST,
          "the Transfer-Encoding is '%s'; only 'chunked' is taken"
              .formatted(Printable.of(encoding)));
    }
    if (!encodings.isEmpty() && request.headers().contains("Content-Length")) {
      throw new ServeException(
          ErrorCode.INVALID_REQUEST,
          "the request has a Content-Length and a Transfer-Encoding; send one of them");
    }
    if (request.headers().getAll("Host").size() > 1) {
      throw new ServeException(
          ErrorCode.INVALID_REQUEST, "the request has several Host headers; send one");
    }
  }

  private Principal principal(RoutingContext context) {
    boolean open =
        RoutePolicy.at(context.normalizedPath()).stream()
            .anyMatch(route -> route.access() == Access.OPEN);
    return open
        ? Principal.ANONYMOUS
        : keys.authenticate(context.request().getHeader("Authorization"));
  }

  private static HttpRoute route(RoutingContext context, Principal principal) {
    HttpServerRequest request = context.request();
    String asked = request.method() + " " + Printable.of(String.valueOf(request.path()));
    List<HttpRoute> routes = RoutePolicy.at(context.normalizedPath());
    if (routes.isEmpty()) {
      throw new ServeException(ErrorCode.NOT_FOUND, "there is no " + asked);
    }
    for (HttpRoute route : routes) {
      if (route.takes(request.method().name())) {
        route.access().check(principal, asked);
        return route;
      }
    }
    String allowed =
        routes.stream().map(HttpRoute::method).sorted().collect(Collectors.joining(", "));
    context.response().putHeader("Allow", allowed);
    throw new ServeException(
        ErrorCode.METHOD_NOT_ALLOWED,
        "the method is not allowed for %s; use %s".formatted(asked, allowed));
  }

  private void proceed(RoutingContext context, HttpRoute route, Principal principal) {
    switch (route.body()) {
      case NONE -> {
        refuseBody(context.request());
        context.addEndHandler(sent -> cutOff(context));
        context.next();
      }
      case UPLOAD -> {
        checkEncoding(context.request());
        context.next(); // has limits of its own
      }
      case JSON -> {
        checkEncoding(context.request());
        checkHeaders(context.request());
        read(context, principal);
      }
    }
  }

  /** A request of HTTP/2 may have one that it does not announce: it is not read, and cut off. */
  private static void refuseBody(HttpServerRequest request) {
    boolean announced = length(request) > 0 || request.headers().contains("Transfer-Encoding");
    if (announced) {
      throw new ServeException(
          ErrorCode.INVALID_REQUEST,
          "%s %s takes no body; send none"
              .formatted(request.method(), Printable.of(String.valueOf(request.path()))));
    }
  }

  /** The end of a head comes to us after the head. */
  private static void cutOff(RoutingContext context) {
    HttpServerRequest request = context.request();
    context
        .vertx()
        .runOnContext(
            later -> {
              if (!request.isEnded() && request.version() == HttpVersion.HTTP_2) {
                Refusal.end(request);
              }
            });
  }

  private void read(RoutingContext context, Principal principal) {
    BodyBudget.Share share = budget.share();
    HttpServerRequest request = context.request();
    Arrival arrival = Arrival.of(context);
    BodyCollector.collect(
        context.vertx(),
        request,
        limits,
        share,
        body -> new ReadRequest(request, body, share, principal, arrival).route(context));
  }

  private static void checkEncoding(HttpServerRequest request) {
    String encoding = request.getHeader("Content-Encoding");
    if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
      throw new ServeException(
          ErrorCode.UNSUPPORTED,
          "the Content-Encoding is '%s'; send the body as it is".formatted(Printable.of(encoding)));
    }
  }

  private void checkHeaders(HttpServerRequest request) {
    long bytes = length(request);
    if (bytes > limits.maxBodyBytes()) {
      throw BodyCollector.tooLarge(Long.toString(bytes), limits.maxBodyBytes());
    }
    String type = mediaType(request);
    if (request.method() == HttpMethod.POST && type != null && !type.equals("application/json")) {
      throw new ServeException(
          ErrorCode.INVALID_REQUEST,
          "the body's type is %s; send 'Content-Type: application/json'"
              .formatted(Printable.of(type)));
    }
    checkCharset(request.getHeader("Content-Type"));
  }

  /** JSON is UTF-8 (RFC 8259); a client that says something else would be misread. */
  private static void checkCharset(@Nullable String type) {
    Matcher charset = CHARSET.matcher(type == null ? "" : type);
    if (charset.find() && !UTF_8.contains(charset.group(1).toLowerCase(Locale.ROOT))) {
      throw new ServeException(
          ErrorCode.INVALID_REQUEST,
          "the body's charset is '%s'; send UTF-8".formatted(Printable.of(charset.group(1))));
    }
  }

  private static @Nullable String mediaType(HttpServerRequest request) {
    String type = request.getHeader("Content-Type");
    return type == null ? null : type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
  }

  private static long length(HttpServerRequest request) {
    String header = request.getHeader("Content-Length");
    try {
      return header == null ? 0 : Long.parseLong(header.strip());
    } catch (NumberFormatException e) {
      throw new ServeException(ErrorCode.INVALID_REQUEST, "the Content-Length is not a number", e);
    }
  }
}
