package io.talchum.api.http;

import io.talchum.core.ErrorCode;

/** From each error code to its HTTP status and the words of OpenAI's error object. */
final class StatusTable {
  private static final String INVALID = "invalid_request_error";
  private static final String SERVER = "server_error";

  private StatusTable() {}

  /**
   * A row of the table.
   *
   * @param type OpenAI's {@code error.type}
   * @param code OpenAI's {@code error.code}
   */
  record Row(int status, String type, String code) {}

  static Row of(ErrorCode code) {
    return switch (code) {
      case INVALID_REQUEST -> new Row(400, INVALID, "invalid_value");
      case UNSUPPORTED -> new Row(400, INVALID, "unsupported_parameter");
      case CONTEXT_LENGTH_EXCEEDED -> new Row(400, INVALID, "context_length_exceeded");
      case PAYLOAD_TOO_LARGE -> new Row(413, INVALID, "payload_too_large");
      case UNAUTHENTICATED -> new Row(401, INVALID, "invalid_api_key");
      case FORBIDDEN -> new Row(403, INVALID, "insufficient_scope");
      case REQUEST_TIMEOUT -> new Row(408, INVALID, "request_timeout");
      case MODEL_NOT_FOUND -> new Row(404, INVALID, "model_not_found");
      case NOT_FOUND -> new Row(404, INVALID, "not_found");
      case METHOD_NOT_ALLOWED -> new Row(405, INVALID, "method_not_allowed");
      case ALREADY_EXISTS -> new Row(400, INVALID, "already_exists");
      case INVALID_MODEL -> new Row(400, INVALID, "invalid_model");
      case INVALID_ADAPTER -> new Row(400, INVALID, "invalid_adapter");
      case ADAPTER_IN_USE -> new Row(409, INVALID, "adapter_in_use");
      case FORBIDDEN_PATH -> new Row(403, INVALID, "forbidden_path");
      case QUEUE_FULL -> new Row(429, "rate_limit_error", "rate_limit_exceeded");
      case OVERLOADED -> new Row(503, SERVER, "overloaded");
      case DEADLINE_EXCEEDED -> new Row(504, SERVER, "deadline_exceeded");
      case CANCELLED -> new Row(499, INVALID, "cancelled");
      case SHUTTING_DOWN -> new Row(503, SERVER, "shutting_down");
      case ENGINE_UNHEALTHY -> new Row(503, SERVER, "engine_unhealthy");
      case INTERNAL -> new Row(500, SERVER, "internal_error");
    };
  }
}
