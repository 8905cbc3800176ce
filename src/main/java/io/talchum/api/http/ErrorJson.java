package io.talchum.api.http;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Duration;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** OpenAI's error object, as a response and inside a stream. */
final class ErrorJson {
  /** After which a refused client may try again if nothing better is known. */
  private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

  private static final Pattern HALF_OF_A_PAIR = Pattern.compile("\\p{Cs}");

  private ErrorJson() {}

  static Response response(ServeException error) {
    StatusTable.Row row = StatusTable.of(error.code());
    Response.ResponseBuilder response =
        Response.status(row.status()).type(MediaType.APPLICATION_JSON_TYPE).entity(bytes(error));
    if (retryable(error.code())) {
      response.header("Retry-After", retryAfter(error));
    }
    if (error.code() == ErrorCode.UNAUTHENTICATED) {
      response.header("WWW-Authenticate", "Bearer");
    }
    return response.build();
  }

  /** In seconds, as the header has it. */
  static String retryAfter(ServeException error) {
    return Long.toString(error.retryAfter().orElse(RETRY_AFTER).toSeconds());
  }

  static boolean retryable(ErrorCode code) {
    return code == ErrorCode.QUEUE_FULL
        || code == ErrorCode.OVERLOADED
        || code == ErrorCode.SHUTTING_DOWN;
  }

  static byte[] bytes(ServeException error) {
    return Json.bytes(document(error));
  }

  /** As it is sent; messages may quote what a client wrote, which need not be Unicode. */
  static Document document(ServeException error) {
    StatusTable.Row row = StatusTable.of(error.code());
    return new Document(
        new Body(
            unicode(String.valueOf(error.getMessage())),
            row.type(),
            error.param().map(ErrorJson::unicode).orElse(null),
            row.code()));
  }

  private static String unicode(String text) {
    return HALF_OF_A_PAIR.matcher(text).replaceAll("?");
  }

  /** OpenAI's error document. */
  record Document(Body error) {}

  /** What was wrong. */
  record Body(String message, String type, @Nullable String param, String code) {}
}
