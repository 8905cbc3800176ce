package io.talchum.api.http;

import io.talchum.api.gate.BodyBudget;
import io.talchum.api.gate.BodyWatch;
import io.talchum.api.gate.GateLimits;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.util.function.Consumer;

/**
 * Reads the body of a request whose caller is known into memory, bounded in size, in time, and by
 * the budget of all. On the request's event loop.
 */
final class BodyCollector {
  private final HttpServerRequest request;
  private final long maxBytes;
  private final BodyBudget.Share share;
  private final Consumer<Buffer> whole;
  private final BodyWatch watch;
  private final Buffer body = Buffer.buffer();
  private boolean over;

  private BodyCollector(
      Vertx vertx,
      HttpServerRequest request,
      GateLimits limits,
      BodyBudget.Share share,
      Consumer<Buffer> whole) {
    this.request = request;
    this.maxBytes = limits.maxBodyBytes();
    this.share = share;
    this.whole = whole;
    this.watch = new BodyWatch(vertx, limits.bodyTimeout(), this::refuse);
  }

  /**
   * Begins to read.
   *
   * @param share what the body takes; closed if it is refused
   * @param whole gets the body; not called if it is refused or breaks off
   */
  static void collect(
      Vertx vertx,
      HttpServerRequest request,
      GateLimits limits,
      BodyBudget.Share share,
      Consumer<Buffer> whole) {
    BodyCollector collector = new BodyCollector(vertx, request, limits, share, whole);
    request.handler(collector::received);
    request.endHandler(end -> collector.ended());
    request.exceptionHandler(broken -> collector.stop());
    if ("100-continue".equalsIgnoreCase(request.getHeader("Expect"))) {
      request.response().writeContinue();
    }
    request.resume();
  }

  private void received(Buffer piece) {
    if (over) {
      return;
    }
    watch.received(piece.length());
    try {
      if (body.length() + (long) piece.length() > maxBytes) {
        throw tooLarge("more than " + maxBytes, maxBytes);
      }
      share.take(piece.length());
      body.appendBuffer(piece);
    } catch (ServeException e) {
      refuse(e);
    }
  }

  static ServeException tooLarge(String bytes, long maxBytes) {
    return new ServeException(
        ErrorCode.PAYLOAD_TOO_LARGE,
        "the body has %s bytes; at most %d are allowed".formatted(bytes, maxBytes));
  }

  private void ended() {
    if (!over) {
      over = true;
      watch.stop();
      whole.accept(body);
    }
  }

  private void refuse(ServeException error) {
    if (!over) {
      stop();
      Refusal.send(request, error);
    }
  }

  private void stop() {
    over = true;
    watch.stop();
    share.close();
  }
}
