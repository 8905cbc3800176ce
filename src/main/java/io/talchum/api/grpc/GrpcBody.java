package io.talchum.api.grpc;

import io.talchum.api.gate.BodyBudget;
import io.talchum.api.gate.BodyWatch;
import io.talchum.api.gate.GateLimits;
import io.talchum.api.gate.GrpcRoute;
import io.talchum.core.ErrorCode;
import io.talchum.core.Principal;
import io.talchum.core.ServeException;
import io.vertx.core.Context;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.StreamResetException;
import io.vertx.core.http.impl.HttpServerRequestInternal;
import io.vertx.core.http.impl.HttpServerRequestWrapper;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.impl.RoutingContextInternal;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A call that was let in: what reads it gets its messages bounded, counted and unpacked. It goes
 * through the routes once more in place of the request. Owned by the call's event loop.
 */
final class GrpcBody extends HttpServerRequestWrapper {
  private static final String KEY = "talchum.grpc-body";

  /** CANCEL of HTTP/2. */
  private static final long CANCEL = 8;

  private final Principal principal;
  private final boolean maySleep;
  private final MessageFrames frames;
  private final BodyBudget.Share share;
  private final BodyWatch watch;
  private Handler<Buffer> next = piece -> {};
  private Handler<Throwable> broken = failure -> {};
  private boolean refused;

  GrpcBody(
      Vertx vertx,
      HttpServerRequest request,
      GrpcRoute route,
      Principal principal,
      GateLimits limits,
      BodyBudget budget) {
    super((HttpServerRequestInternal) request);
    this.principal = principal;
    this.maySleep = route.maySleep();
    this.share = budget.share();
    this.frames =
        new MessageFrames(
            Math.min(route.maxBytes(), limits.maxBodyBytes()),
            "gzip".equals(request.getHeader("grpc-encoding")),
            share);
    this.watch = new BodyWatch(vertx, limits.bodyTimeout(), this::stalled);
  }

  /** Sends it through the routes of the request, where gate and interceptor find it. */
  void route(RoutingContext instead) {
    Context context = Objects.requireNonNull(Vertx.currentContext());
    context.putLocal(KEY, this);
    try {
      ((RoutingContextInternal) instead).currentRouter().handle(this);
    } finally {
      boolean unused = context.removeLocal(KEY);
    }
  }

  /** The one that enters the routes on this thread now; null if none was let in. */
  static @Nullable GrpcBody current() {
    Context context = Vertx.currentContext();
    return context == null ? null : context.getLocal(KEY);
  }

  /** Who calls. */
  Principal principal() {
    return principal;
  }

  /** The call is over, whatever way. */
  void release() {
    watch.stop();
    share.close();
  }

  @Override
  public HttpServerRequest handler(@Nullable Handler<Buffer> handler) {
    next = handler == null ? piece -> {} : handler;
    delegate.handler(this::received);
    return this;
  }

  @Override
  public HttpServerRequest endHandler(@Nullable Handler<Void> handler) {
    delegate.endHandler(
        end -> {
          watch.stop();
          if (handler != null && !refused) {
            handler.handle(end);
          }
        });
    return this;
  }

  @Override
  public HttpServerRequest exceptionHandler(@Nullable Handler<Throwable> handler) {
    broken = handler == null ? failure -> {} : handler;
    delegate.exceptionHandler(
        failure -> {
          release();
          broken.handle(failure);
        });
    return this;
  }

  @Override
  public HttpServerRequest pause() {
    watch.pause();
    delegate.pause();
    return this;
  }

  @Override
  public HttpServerRequest resume() {
    watch.resume();
    delegate.resume();
    return this;
  }

  @Override
  public HttpServerRequest fetch(long amount) {
    watch.resume();
    delegate.fetch(amount);
    return this;
  }

  private void received(Buffer piece) {
    if (refused) {
      return;
    }
    watch.received(piece.length());
    try {
      next.handle(frames.take(piece));
    } catch (ServeException e) {
      refuse(e);
    }
  }

  private void stalled(ServeException error) {
    if (!refused && (!maySleep || frames.inMessage())) {
      refuse(error);
    }
  }

  /** Ends the call for its client and for whoever reads it. */
  private void refuse(ServeException error) {
    refused = true;
    release();
    if (response().headWritten()) {
      Object unused = response().reset(CANCEL);
    } else {
      GrpcGate.refuse(this, error, status(error));
    }
    broken.handle(new StreamResetException(CANCEL));
  }

  private static io.grpc.Status.Code status(ServeException error) {
    return error.code() == ErrorCode.UNSUPPORTED
        ? io.grpc.Status.Code.UNIMPLEMENTED
        : StatusTable.of(error.code());
  }
}
