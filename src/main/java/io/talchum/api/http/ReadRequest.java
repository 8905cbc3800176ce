package io.talchum.api.http;

import io.talchum.api.gate.BodyBudget;
import io.talchum.core.Principal;
import io.vertx.core.Context;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.impl.HttpServerRequestInternal;
import io.vertx.core.http.impl.HttpServerRequestWrapper;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.impl.RoutingContextInternal;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A request whose body has been read. It goes through the routes once more, because a request of
 * HTTP/2 that has ended must not be paused any more, and the framework pauses what it gets.
 */
final class ReadRequest extends HttpServerRequestWrapper {
  private static final String KEY = "talchum.read-request";

  private final Buffer body;
  private final Principal principal;
  private final Arrival arrival;
  private final BodyBudget.Share share;

  /**
   * @param share what the body takes, until the answer has ended
   */
  ReadRequest(
      HttpServerRequest request,
      Buffer body,
      BodyBudget.Share share,
      Principal principal,
      Arrival arrival) {
    super((HttpServerRequestInternal) request);
    this.body = body;
    this.share = share;
    this.principal = principal;
    this.arrival = arrival;
  }

  /** Sends it through the routes of a request that is not read any more. */
  void route(RoutingContext instead) {
    Context context = Objects.requireNonNull(Vertx.currentContext());
    context.putLocal(KEY, this);
    try {
      ((RoutingContextInternal) instead).currentRouter().handle(this);
    } finally {
      boolean unused = context.removeLocal(KEY);
    }
  }

  /** The one that enters the routes on this thread now; null if it is another kind. */
  static @Nullable ReadRequest current() {
    Context context = Vertx.currentContext();
    return context == null ? null : context.getLocal(KEY);
  }

  /** Leaves what is known. */
  void fill(RoutingContext context) {
    context.addEndHandler(ended -> share.close());
    arrival.put(context);
    Callers.put(context, principal);
    ((RoutingContextInternal) context).setBody(body);
  }

  /** To the framework it has not: it would look for no body in a request that has ended. */
  @Override
  public boolean isEnded() {
    return false;
  }

  @Override
  public HttpServerRequest pause() {
    return this;
  }

  @Override
  public HttpServerRequest resume() {
    return this;
  }

  @Override
  public HttpServerRequest fetch(long amount) {
    return this;
  }

  @Override
  public HttpServerRequest handler(@Nullable Handler<Buffer> handler) {
    return this;
  }

  @Override
  public HttpServerRequest endHandler(@Nullable Handler<Void> handler) {
    return this;
  }
}
