package io.talchum.wiring;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** Without an API key nobody but this machine may reach the server. */
final class ListenPolicy {
  private ListenPolicy() {}

  /**
   * Returns if the server may listen there.
   *
   * @throws ServeException UNAUTHENTICATED, INVALID_REQUEST
   */
  static void check(String host, boolean hasKeys) {
    if (!hasKeys && !isLoopback(host)) {
      throw new ServeException(
          ErrorCode.UNAUTHENTICATED,
          "listening on %s, beyond this machine, needs an API key: set talchum.api-keys (TALCHUM_API_KEYS) or talchum.api-keys-file, or listen on 127.0.0.1"
              .formatted(host));
    }
  }

  private static boolean isLoopback(String host) {
    try {
      for (InetAddress address : InetAddress.getAllByName(host)) {
        if (!address.isLoopbackAddress()) {
          return false;
        }
      }
      return true;
    } catch (UnknownHostException e) {
      throw new ServeException(
          ErrorCode.INVALID_REQUEST,
          "talchum.host '%s' is no address of this machine; use for example 127.0.0.1"
              .formatted(host),
          e);
    }
  }
}
