package io.talchum.bench;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.net.URI;

/**
 * Where a server listens.
 *
 * @param path before {@code /v1/...}, without a slash at its end; mostly empty
 */
record Endpoint(String host, int port, String path) {
  /**
   * Reads {@code http://HOST[:PORT][/PATH]}.
   *
   * @throws ServeException INVALID_REQUEST if it is anything else
   */
  static Endpoint parse(String url) {
    URI uri;
    try {
      uri = URI.create(url);
    } catch (IllegalArgumentException e) {
      throw wrong(url, e);
    }
    if (!"http".equals(uri.getScheme()) || uri.getHost() == null) {
      throw wrong(url, null);
    }
    String path = uri.getPath() == null ? "" : uri.getPath();
    return new Endpoint(
        uri.getHost(), uri.getPort() < 0 ? 80 : uri.getPort(), path.replaceAll("/+$", ""));
  }

  String url() {
    return "http://" + host + ":" + port + path;
  }

  private static ServeException wrong(String url, @org.jspecify.annotations.Nullable Throwable e) {
    return new ServeException(
        ErrorCode.INVALID_REQUEST,
        "'%s' is no address of a server; give one such as http://127.0.0.1:8000".formatted(url),
        e);
  }
}
