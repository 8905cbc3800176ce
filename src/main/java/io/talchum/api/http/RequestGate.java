package io.talchum.api.http;

import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.service.ApiKeys;
import io.talchum.service.Printable;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.impl.RoutingContextInternal;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import java.util.Locale;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/**
 * Checks what can be said about a request before its body is read: API key, size, media type.
 * Stands in front of everything on the port but gRPC: HTTP, metrics and documentation. Runs on the
 * event loop and does not block.
 */
@Singleton
public class RequestGate {
  /** Before all routes. */
  private static final int PRIORITY = 1000;

  private final ApiKeys keys;
  private final InstantSource clock;
  private final long maxBodyBytes;

  public RequestGate(
      ApiKeys keys,
      InstantSource clock,
      @ConfigProperty(name = "quarkus.http.limits.max-body-size") MemorySize maxBody) {
    this.keys = keys;
    this.clock = clock;
    this.maxBodyBytes = maxBody.asLongValue();
  }

  void install(@Observes Filters filters) {
    filters.register(this::check, PRIORITY);
  }

  private void check(RoutingContext context) {
    Arrival.note(context, clock.instant());
    if (context.get(Callers.TENANT) != null) {
      context.next(); // the gate of gRPC has checked it
      return;
    }
    try {
      if (!context.normalizedPath().equals("/health")) {
        context.put(
            Callers.TENANT, keys.authenticate(context.request().getHeader("Authorization")));
      }
      if (AdapterUploads.isUpload(context)) {
        context.next(); // has limits of its own
        return;
      }
      checkBody(context);
    } catch (ServeException e) {
      refuse(context, e);
      return;
    }
    if (hasBodyOfUnknownLength(context.request())) {
      collect(context);
    } else {
      context.next();
    }
  }

  private static boolean hasBodyOfUnknownLength(HttpServerRequest request) {
    return request.method() == HttpMethod.POST
        && !request.headers().contains("Content-Length")
        && !request.isEnded();
  }

  /** What reads bodies later would refuse one that is too large without a word. */
  private void collect(RoutingContext context) {
    HttpServerRequest request = context.request();
    Buffer body = Buffer.buffer();
    request.handler(
        piece -> {
          if (context.response().ended()) {
            return;
          }
          if (body.length() + (long) piece.length() > maxBodyBytes) {
            refuse(context, tooLarge("more than %d".formatted(maxBodyBytes)));
          } else {
            body.appendBuffer(piece);
          }
        });
    request.endHandler(
        end -> {
          if (!context.response().ended()) {
            ((RoutingContextInternal) context).setBody(body);
            context.next();
          }
        });
    if ("100-continue".equalsIgnoreCase(request.getHeader("Expect"))) {
      context.response().writeContinue();
    }
    request.resume();
  }

  private void checkBody(RoutingContext context) {
    long bytes = length(context.request().getHeader("Content-Length"));
    if (bytes > maxBodyBytes) {
      throw tooLarge(Long.toString(bytes));
    }
    String type = mediaType(context);
    if (context.request().method() == HttpMethod.POST
        && type != null
        && !type.equals("application/json")) {
      throw new ServeException(
          ErrorCode.INVALID_REQUEST,
          "the body's type is %s; send 'Content-Type: application/json'"
              .formatted(Printable.of(type)));
    }
  }

  private ServeException tooLarge(String bytes) {
    return new ServeException(
        ErrorCode.PAYLOAD_TOO_LARGE,
        "the body has %s bytes; at most %d are allowed".formatted(bytes, maxBodyBytes));
  }

  private static void refuse(RoutingContext context, ServeException error) {
    HttpServerResponse response = context.response();
    response
        .setStatusCode(StatusTable.of(error.code()).status())
        .putHeader("Content-Type", "application/json")
        .putHeader("Connection", "close");
    if (error.code() == ErrorCode.UNAUTHENTICATED) {
      response.putHeader("WWW-Authenticate", "Bearer");
    }
    response.end(Buffer.buffer(ErrorJson.bytes(error)));
  }

  private static @Nullable String mediaType(RoutingContext context) {
    String type = context.request().getHeader("Content-Type");
    return type == null ? null : type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
  }

  private static long length(@Nullable String header) {
    try {
      return header == null ? 0 : Long.parseLong(header.strip());
    } catch (NumberFormatException e) {
      throw new ServeException(ErrorCode.INVALID_REQUEST, "the Content-Length is not a number", e);
    }
  }
}
