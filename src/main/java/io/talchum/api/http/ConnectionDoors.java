package io.talchum.api.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ServerChannel;
import io.netty.channel.SingleThreadEventLoop;
import io.netty.util.concurrent.EventExecutor;
import io.quarkus.vertx.http.HttpServerStart;
import io.talchum.api.gate.GateLimits;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.impl.VertxInternal;
import jakarta.enterprise.event.ObservesAsync;
import jakarta.inject.Singleton;
import java.util.Iterator;
import java.util.concurrent.atomic.AtomicInteger;
import org.jboss.logging.Logger;

/**
 * Puts a door into each connection that the server accepts, and bounds their number. The framework
 * offers no place for that, so it stands where Netty hands on what was accepted.
 */
@Singleton
public class ConnectionDoors {
  private static final Logger LOG = Logger.getLogger(ConnectionDoors.class);
  private static final String NAME = "talchum-doors";

  private final VertxInternal vertx;
  private final GateLimits limits;
  private final AtomicInteger open = new AtomicInteger();

  public ConnectionDoors(Vertx vertx, GateLimits limits) {
    this.vertx = (VertxInternal) vertx;
    this.limits = limits;
  }

  void install(@ObservesAsync HttpServerStart started) {
    for (EventExecutor acceptor : vertx.getAcceptorEventLoopGroup()) {
      acceptor.execute(() -> guard((SingleThreadEventLoop) acceptor, started.options()));
    }
  }

  private void guard(SingleThreadEventLoop acceptor, HttpServerOptions options) {
    Iterator<Channel> channels = acceptor.registeredChannelsIterator();
    while (channels.hasNext()) {
      Channel channel = channels.next();
      if (channel instanceof ServerChannel && channel.pipeline().get(NAME) == null) {
        channel.pipeline().addFirst(NAME, new Accepted(options));
      }
    }
  }

  /** Sees each accepted connection before it is served. */
  @ChannelHandler.Sharable
  private final class Accepted extends ChannelInboundHandlerAdapter {
    private final HttpServerOptions options;

    Accepted(HttpServerOptions options) {
      this.options = options;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
      if (message instanceof Channel connection) {
        if (open.incrementAndGet() > limits.maxConnections()) {
          open.decrementAndGet();
          connection.unsafe().closeForcibly();
          LOG.debugf("a connection was closed: %d are open", limits.maxConnections());
          return;
        }
        connection.closeFuture().addListener(closed -> open.decrementAndGet());
        connection.pipeline().addFirst(ConnectionDoor.NAME, new ConnectionDoor(limits, options));
      }
      super.channelRead(context, message);
    }
  }
}
