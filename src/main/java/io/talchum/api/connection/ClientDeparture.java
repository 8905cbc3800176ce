package io.talchum.api.connection;

import io.netty.channel.Channel;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.impl.ConnectionBase;
import org.jspecify.annotations.Nullable;

/**
 * Hears that the client of one request has gone away: its connection was closed or lost, or its
 * HTTP/2 stream was reset, with whatever code. It listens below Vert.x: a response has one close
 * handler and one exception handler, and whoever sets them last is the only one to hear. Any
 * thread, but for {@link #of}.
 */
public final class ClientDeparture implements AutoCloseable {
  private final OpenRequests open;
  private final int streamId;
  private boolean isGone; // guarded by this
  private @Nullable Runnable action; // guarded by this

  private ClientDeparture(OpenRequests open, int streamId) {
    this.open = open;
    this.streamId = streamId;
  }

  /** Listens from now on; on the event loop of the request's connection. */
  public static ClientDeparture of(HttpServerRequest request) {
    Channel channel = ((ConnectionBase) request.connection()).channel();
    OpenRequests open = OpenRequests.on(channel);
    ClientDeparture client = new ClientDeparture(open, request.streamId());
    open.add(client.streamId, client);
    return client;
  }

  /** Calls the action once, when the client goes away; at once if it is gone already. */
  public void then(Runnable cancel) {
    synchronized (this) {
      if (!isGone) {
        action = cancel;
        return;
      }
    }
    cancel.run();
  }

  /** Whether the client went away. */
  public synchronized boolean isGone() {
    return isGone;
  }

  /** Whether the client is still there no longer matters: the answer is complete. */
  @Override
  public void close() {
    open.remove(streamId, this);
    synchronized (this) {
      action = null;
    }
  }

  void gone() {
    Runnable cancel;
    synchronized (this) {
      isGone = true;
      cancel = action;
      action = null;
    }
    if (cancel != null) {
      cancel.run();
    }
  }
}
