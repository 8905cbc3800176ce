package io.talchum.api.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import io.talchum.api.gate.GateLimits;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.impl.Http1xOrH2CHandler;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The first handler of a connection: closes it when a head does not come, when nothing is asked
 * for, or when its client asks and does not read. Owned by the connection's event loop.
 */
final class ConnectionDoor extends ChannelInboundHandlerAdapter {
  static final String NAME = "talchum-door";
  private static final String DECODER = "httpDecoder";
  private static final String ENCODER = "httpEncoder";
  private static final byte[] PREFACE =
      Http1xOrH2CHandler.HTTP_2_PREFACE.getBytes(StandardCharsets.US_ASCII);

  /** Answers that a client of HTTP/1 leaves unread while it asks for more. */
  private static final long MAX_UNREAD_BYTES = 8 << 20;

  /** The first byte of a client that speaks TLS, and what curl and browsers show of an answer. */
  private static final byte TLS_HANDSHAKE = 0x16;

  private static final String NO_TLS =
      "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\nthis port speaks plain HTTP; use http://\n";

  private static final long CHECKS_PER_TIMEOUT = 4;
  private static final long LINGER_MILLIS = 1000;

  private final GateLimits limits;
  private final HttpServerOptions options;
  private @Nullable Future<?> checks;
  private @Nullable Http1Door http1;
  private int prefaceBytes;
  private boolean decided;
  private boolean multiplexed; // HTTP/2, as of the last check
  private int requests;
  private boolean inHead;
  private boolean closing;
  private long since = System.nanoTime();

  ConnectionDoor(GateLimits limits, HttpServerOptions options) {
    this(limits, options, false);
  }

  private ConnectionDoor(GateLimits limits, HttpServerOptions options, boolean decided) {
    this.limits = limits;
    this.options = options;
    this.decided = decided;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    long period = Math.max(1, limits.headTimeout().toMillis() / CHECKS_PER_TIMEOUT);
    checks =
        context
            .channel()
            .eventLoop()
            .scheduleAtFixedRate(() -> check(context), period, period, TimeUnit.MILLISECONDS);
  }

  /** An upgrade to HTTP/2 clears the pipeline. */
  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    stop();
    if (context.channel().isActive() && !closing) {
      context.pipeline().addFirst(NAME, new ConnectionDoor(limits, options, true));
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) throws Exception {
    stop();
    super.channelInactive(context);
  }

  private void stop() {
    Future<?> running = checks;
    if (running != null) {
      boolean unused = running.cancel(false);
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
    if (closing) {
      ReferenceCountUtil.release(message);
      return;
    }
    if (!multiplexed && requests == 0 && !inHead) {
      inHead = true;
      since = System.nanoTime();
    }
    if (!decided && message instanceof ByteBuf bytes) {
      decide(context, bytes);
      return;
    }
    if (http1 != null && unreadBytes(context.channel()) > MAX_UNREAD_BYTES) {
      ReferenceCountUtil.release(message);
      context.close();
      return;
    }
    super.channelRead(context, message);
  }

  /**
   * Sees with the transport whether this is HTTP/2, and hands on just as many bytes as show that it
   * is not: the transport then makes its codec, which is replaced before it has read anything.
   */
  private void decide(ChannelHandlerContext context, ByteBuf bytes) {
    int at = 0;
    int from = bytes.readerIndex();
    if (prefaceBytes == 0 && bytes.isReadable() && bytes.getByte(from) == TLS_HANDSHAKE) {
      bytes.release();
      closeAfter(context.writeAndFlush(Unpooled.copiedBuffer(NO_TLS, StandardCharsets.US_ASCII)));
      return;
    }
    while (prefaceBytes < PREFACE.length
        && at < bytes.readableBytes()
        && bytes.getByte(from + at) == PREFACE[prefaceBytes]) {
      at++;
      prefaceBytes++;
    }
    boolean http2 = prefaceBytes == PREFACE.length;
    if (!http2 && at < bytes.readableBytes()) {
      context.fireChannelRead(bytes.readRetainedSlice(at + 1));
      guardHttp1(context.pipeline());
      decided = true;
    }
    decided |= http2;
    if (bytes.isReadable()) {
      context.fireChannelRead(bytes);
    } else {
      bytes.release();
    }
  }

  private void guardHttp1(ChannelPipeline pipeline) {
    if (pipeline.get(DECODER) == null) {
      return; // closed meanwhile
    }
    pipeline.replace(DECODER, DECODER, new StrictRequestDecoder(options));
    http1 = new Http1Door(this);
    pipeline.addAfter(ENCODER, NAME + "-http1", http1);
  }

  private static long unreadBytes(Channel channel) {
    ChannelOutboundBuffer waiting = channel.unsafe().outboundBuffer();
    return waiting == null ? 0 : waiting.totalPendingWriteBytes();
  }

  void requestBegan() {
    requests++;
    inHead = false;
  }

  void requestEnded() {
    requests = Math.max(0, requests - 1);
    since = System.nanoTime();
  }

  /** Whether a request is under way. */
  boolean isBusy() {
    return requests > 0;
  }

  /** What comes from now on is not read; the client has a moment to read the answer. */
  void closeAfter(ChannelFuture answer) {
    closing = true;
    Channel channel = answer.channel();
    answer.addListener(
        written -> {
          if (channel instanceof DuplexChannel duplex) {
            duplex.shutdownOutput();
          }
        });
    Future<?> unused =
        channel.eventLoop().schedule(() -> channel.close(), LINGER_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void check(ChannelHandlerContext context) {
    Http2ConnectionHandler http2 = context.pipeline().get(Http2ConnectionHandler.class);
    multiplexed = http2 != null;
    boolean busy = http2 == null ? requests > 0 : http2.connection().numActiveStreams() > 0;
    if (busy) {
      since = System.nanoTime();
    }
    if (busy || closing) {
      return;
    }
    boolean asking = http2 == null && (inHead || http1 == null);
    Duration limit = asking ? limits.headTimeout() : limits.idleTimeout();
    if (System.nanoTime() - since > limit.toNanos()) {
      end(context);
    }
  }

  private void end(ChannelHandlerContext context) {
    ChannelHandlerContext encoder = http1 == null ? null : context.pipeline().context(http1);
    if (!multiplexed && inHead && http1 != null && encoder != null) {
      http1.timeOut(encoder);
    } else {
      context.channel().close();
    }
  }
}
