package io.talchum.api.http;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.Objects;

/**
 * Answers a request whose body is not read to its end, and ends what carries it: over HTTP/2 the
 * stream, else the connection. On the request's event loop.
 */
final class Refusal {
  /** Of HTTP/2. */
  private static final long NO_ERROR = 0;

  /** For a client that reads the answer only when it has sent its body. */
  private static final long PATIENCE_MILLIS = 1000;

  private static final long DISCARDED_BYTES = 8 << 20;

  /** Of a caller who may send a body, and sent too long a one. */
  private static final long DISCARDED_OF_TOO_LARGE = 64 << 20;

  /** Of a caller who is not known. */
  private static final long DISCARDED_OF_STRANGERS = 256 << 10;

  private Refusal() {}

  static void send(HttpServerRequest request, ServeException error) {
    send(request, StatusTable.of(error.code()).status(), error);
  }

  /** With another status than the code's own. */
  static void send(HttpServerRequest request, int status, ServeException error) {
    HttpServerResponse response = request.response();
    if (response.ended() || response.closed()) {
      return;
    }
    if (response.headWritten()) {
      end(request);
      return;
    }
    if (error.code() == ErrorCode.UNAUTHENTICATED) {
      response.putHeader("WWW-Authenticate", "Bearer");
    }
    if (ErrorJson.retryable(error.code())) {
      response.putHeader("Retry-After", ErrorJson.retryAfter(error));
    }
    if (request.version() != HttpVersion.HTTP_2) {
      response.putHeader("Connection", "close");
    }
    response
        .setStatusCode(status)
        .putHeader("Content-Type", "application/json")
        .end(Buffer.buffer(ErrorJson.bytes(error)))
        .onComplete(sent -> end(request, discarded(error.code())));
  }

  private static long discarded(ErrorCode code) {
    return switch (code) {
      case UNAUTHENTICATED, METHOD_NOT_ALLOWED -> DISCARDED_OF_STRANGERS;
      case PAYLOAD_TOO_LARGE -> DISCARDED_OF_TOO_LARGE;
      default -> DISCARDED_BYTES;
    };
  }

  /** The answer is on its way; nobody reads the rest of the body. */
  static void end(HttpServerRequest request) {
    if (request.version() == HttpVersion.HTTP_2) {
      close(request);
    } else {
      end(request, DISCARDED_BYTES);
    }
  }

  private static void end(HttpServerRequest request, long discardedBytes) {
    if (request.isEnded()) {
      close(request);
    } else {
      discard(request, discardedBytes);
    }
  }

  private static void discard(HttpServerRequest request, long atMost) {
    long[] bytes = {0};
    request.handler(
        piece -> {
          bytes[0] += piece.length();
          if (bytes[0] > atMost) {
            stopReading(request);
          }
        });
    request.endHandler(end -> close(request));
    request.exceptionHandler(broken -> close(request));
    request.resume();
    Context loop = Objects.requireNonNull(Vertx.currentContext());
    long unused = loop.owner().setTimer(PATIENCE_MILLIS, late -> close(request));
  }

  /**
   * Whoever floods waits for the timer, instead of coming again at once. A pause of the request
   * would go on reading into the heap.
   */
  private static void stopReading(HttpServerRequest request) {
    if (request.version() == HttpVersion.HTTP_2) {
      close(request);
    } else {
      ((ConnectionBase) request.connection()).channel().config().setAutoRead(false);
    }
  }

  /** The connection; of HTTP/2 the stream, unless it is complete. */
  private static void close(HttpServerRequest request) {
    if (request.version() != HttpVersion.HTTP_2) {
      Object unused = request.connection().close();
    } else if (!request.isEnded()) {
      Object unused = request.response().reset(NO_ERROR);
    }
  }
}
