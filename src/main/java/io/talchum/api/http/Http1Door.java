package io.talchum.api.http;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.util.AttributeKey;
import io.netty.util.ReferenceCountUtil;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.impl.ConnectionBase;
import java.nio.channels.ClosedChannelException;

/**
 * Counts the requests of a connection of HTTP/1, and answers those that cannot be read in the form
 * of this API. Behind the codec; owned by the connection's event loop.
 */
final class Http1Door extends ChannelDuplexHandler {
  private static final AttributeKey<Boolean> LAST = AttributeKey.valueOf("talchum-last-answer");

  private final ConnectionDoor door;

  private boolean answering;
  private boolean last; // the answer that is, or was, on its way closes the connection
  private boolean dropping; // what came behind it

  Http1Door(ConnectionDoor door) {
    this.door = door;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
    dropping |= last && message instanceof HttpRequest;
    if (dropping) {
      ReferenceCountUtil.release(message);
      return;
    }
    if (message instanceof HttpObject part && part.decoderResult().isFailure()) {
      refuse(context, part.decoderResult().cause(), message);
    } else if (message instanceof HttpRequest request && isBrokenUpgrade(request)) {
      ReferenceCountUtil.release(message);
      answer(context, 400, "the upgrade to h2c needs Connection and HTTP2-Settings; leave it out");
    } else {
      if (message instanceof HttpRequest) {
        door.requestBegan();
      }
      super.channelRead(context, message);
    }
  }

  /** The transport would leave the connection open and drop what follows. */
  private static boolean isBrokenUpgrade(HttpRequest request) {
    return request.headers().contains(HttpHeaderNames.UPGRADE, "h2c", true)
        && !(request.headers().contains("HTTP2-Settings")
            && request.headers().containsValue(HttpHeaderNames.CONNECTION, "HTTP2-Settings", true)
            && request.headers().containsValue(HttpHeaderNames.CONNECTION, "Upgrade", true));
  }

  private void refuse(ChannelHandlerContext context, Throwable cause, Object message) {
    boolean head = message instanceof HttpRequest;
    ReferenceCountUtil.release(message);
    if (answering || (head && door.isBusy())) {
      context.close(); // an answer is on its way, and this cannot overtake it
    } else if (cause instanceof TooLongFrameException) {
      boolean line = cause instanceof TooLongHttpLineException;
      answer(
          context,
          line ? 414 : 431,
          "the request's head is too long; shorten its %s".formatted(line ? "path" : "headers"));
    } else {
      answer(
          context,
          400,
          "the request is not HTTP: %s"
              .formatted(head ? cause.getMessage() : "its chunks are broken"));
    }
  }

  /** The head did not come. */
  void timeOut(ChannelHandlerContext context) {
    send(
        context,
        408,
        new ServeException(
            ErrorCode.REQUEST_TIMEOUT,
            "the head of the request did not come in time; send it whole"));
  }

  /** Whether an answer before this request's closes its connection: it is not to be served. */
  static boolean isLast(HttpServerRequest request) {
    Channel channel = ((ConnectionBase) request.connection()).channel();
    return channel.hasAttr(LAST);
  }

  private void answer(ChannelHandlerContext context, int status, String message) {
    send(context, status, new ServeException(ErrorCode.INVALID_REQUEST, message));
  }

  private void send(ChannelHandlerContext context, int status, ServeException error) {
    byte[] body = ErrorJson.bytes(error);
    DefaultFullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status), Unpooled.wrappedBuffer(body));
    response
        .headers()
        .set(HttpHeaderNames.CONTENT_TYPE, "application/json")
        .set(HttpHeaderNames.CONTENT_LENGTH, body.length)
        .set(HttpHeaderNames.CONNECTION, "close");
    door.closeAfter(context.writeAndFlush(response));
  }

  @Override
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise)
      throws Exception {
    if (last && !answering && message instanceof HttpObject) {
      ReferenceCountUtil.release(message); // the answer to a request that came behind
      promise.setFailure(new ClosedChannelException());
      return;
    }
    boolean interim = false;
    if (message instanceof HttpResponse response) {
      interim = response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
      answering |= !interim;
      if (!interim && response.headers().contains(HttpHeaderNames.CONNECTION, "close", true)) {
        last = true;
        context.channel().attr(LAST).set(true);
      }
    }
    if (message instanceof LastHttpContent && !interim) {
      answering = false;
      door.requestEnded();
    }
    if (message.getClass() == DefaultFullHttpResponse.class && !interim) {
      door.closeAfter(promise); // the transport refused an upgrade, and reads nothing any more
    }
    super.write(context, message, promise);
  }
}
