package io.talchum.api.connection;

import io.netty.channel.Channel;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.Attribute;
import io.netty.util.AttributeKey;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The requests of one connection whose clients are listened for, by stream. Filled and told of ends
 * by the connection's event loop; entries leave on any thread.
 */
final class OpenRequests extends Http2ConnectionAdapter {
  private static final AttributeKey<OpenRequests> KEY =
      AttributeKey.valueOf(OpenRequests.class, "of");

  private final Channel channel;
  private final Map<Integer, ClientDeparture> byStream = new ConcurrentHashMap<>();
  private @Nullable Http2Connection http2;

  private OpenRequests(Channel channel) {
    this.channel = channel;
    channel.closeFuture().addListener(closed -> allGone());
  }

  /** The one of this connection. */
  static OpenRequests on(Channel channel) {
    Attribute<OpenRequests> attribute = channel.attr(KEY);
    OpenRequests known = attribute.get();
    OpenRequests open = known == null ? new OpenRequests(channel) : known;
    attribute.set(open);
    open.listenToStreams();
    return open;
  }

  void add(int streamId, ClientDeparture client) {
    byStream.put(streamId, client);
    Http2Connection streams = http2;
    if (!channel.isActive() || (streams != null && streams.stream(streamId) == null)) {
      gone(streamId);
    }
  }

  void remove(int streamId, ClientDeparture client) {
    byStream.remove(streamId, client);
  }

  /** Of HTTP/1.1, stream -1 is the connection. */
  @Override
  public void onStreamClosed(Http2Stream stream) {
    gone(stream.id());
  }

  /** A connection can become one of HTTP/2 by an upgrade. */
  private void listenToStreams() {
    if (http2 == null) {
      Http2ConnectionHandler handler = channel.pipeline().get(Http2ConnectionHandler.class);
      if (handler != null) {
        http2 = handler.connection();
        http2.addListener(this);
      }
    }
  }

  private void gone(int streamId) {
    ClientDeparture client = byStream.remove(streamId);
    if (client != null) {
      client.gone();
    }
  }

  private void allGone() {
    List.copyOf(byStream.keySet()).forEach(this::gone);
  }
}
