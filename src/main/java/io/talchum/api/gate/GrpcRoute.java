package io.talchum.api.gate;

/**
 * A method of gRPC, or all of a service.
 *
 * @param method the full name, or {@code SERVICE/*}
 * @param maxBytes largest message; more than {@code talchum.max-body} is never taken
 * @param maySleep whether its client may keep the call open without sending anything
 */
public record GrpcRoute(String method, Access access, long maxBytes, boolean maySleep) {
  static GrpcRoute of(String method, Access access, long maxBytes) {
    return new GrpcRoute(method, access, maxBytes, false);
  }
}
