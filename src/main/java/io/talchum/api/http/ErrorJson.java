package io.talchum.api.http;

import com.fasterxml.jackson.core.JsonGenerator;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;

/** OpenAI's error object, as a response and inside a stream. */
final class ErrorJson {
  /** Seconds after which a refused client may try again. */
  static final String RETRY_AFTER = "1";

  private ErrorJson() {}

  static Response response(ServeException error) {
    StatusTable.Row row = StatusTable.of(error.code());
    Response.ResponseBuilder response =
        Response.status(row.status()).type(MediaType.APPLICATION_JSON_TYPE).entity(bytes(error));
    if (retryable(error.code())) {
      response.header("Retry-After", RETRY_AFTER);
    }
    if (error.code() == ErrorCode.UNAUTHENTICATED) {
      response.header("WWW-Authenticate", "Bearer");
    }
    return response.build();
  }

  static boolean retryable(ErrorCode code) {
    return code == ErrorCode.QUEUE_FULL
        || code == ErrorCode.OVERLOADED
        || code == ErrorCode.SHUTTING_DOWN;
  }

  /** {@code {"error":{"message","type","param","code"}}}. */
  static byte[] bytes(ServeException error) {
    return Json.bytes(json -> write(json, error));
  }

  static void write(JsonGenerator json, ServeException error) throws IOException {
    StatusTable.Row row = StatusTable.of(error.code());
    json.writeStartObject();
    json.writeObjectFieldStart("error");
    json.writeStringField("message", error.getMessage());
    json.writeStringField("type", row.type());
    json.writeStringField("param", error.param().orElse(null));
    json.writeStringField("code", row.code());
    json.writeEndObject();
    json.writeEndObject();
  }
}
