package io.talchum.api.grpc;

import io.grpc.Status;
import io.talchum.core.ErrorCode;

/** From each error code to its gRPC status; docs/grpc.md shows the same table. */
final class StatusTable {
  private StatusTable() {}

  static Status.Code of(ErrorCode code) {
    return switch (code) {
      case INVALID_REQUEST, UNSUPPORTED, CONTEXT_LENGTH_EXCEEDED, INVALID_MODEL, INVALID_ADAPTER ->
          Status.Code.INVALID_ARGUMENT;
      case PAYLOAD_TOO_LARGE, QUEUE_FULL -> Status.Code.RESOURCE_EXHAUSTED;
      case UNAUTHENTICATED -> Status.Code.UNAUTHENTICATED;
      case MODEL_NOT_FOUND, NOT_FOUND -> Status.Code.NOT_FOUND;
      case METHOD_NOT_ALLOWED -> Status.Code.UNIMPLEMENTED;
      case ALREADY_EXISTS -> Status.Code.ALREADY_EXISTS;
      case ADAPTER_IN_USE -> Status.Code.FAILED_PRECONDITION;
      case FORBIDDEN, FORBIDDEN_PATH -> Status.Code.PERMISSION_DENIED;
      case DEADLINE_EXCEEDED, REQUEST_TIMEOUT -> Status.Code.DEADLINE_EXCEEDED;
      case CANCELLED -> Status.Code.CANCELLED;
      case OVERLOADED, SHUTTING_DOWN, ENGINE_UNHEALTHY -> Status.Code.UNAVAILABLE;
      case INTERNAL -> Status.Code.INTERNAL;
    };
  }
}
