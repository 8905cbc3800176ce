package io.talchum.api.http;

import io.netty.handler.codec.http.HttpMessage;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.impl.VertxHttpRequestDecoder;

/**
 * Refuses a request that says in two ways where its body ends. The decoder below it would take one
 * and forget the other; a proxy in front that believes the other one would hand on a request that
 * it has not seen (request smuggling, RFC 9112 section 6.3).
 */
final class StrictRequestDecoder extends VertxHttpRequestDecoder {
  StrictRequestDecoder(HttpServerOptions options) {
    super(options);
  }

  @Override
  protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
    throw new IllegalArgumentException(
        "the request has a Content-Length and a Transfer-Encoding; send one of them");
  }
}
