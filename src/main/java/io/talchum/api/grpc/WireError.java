package io.talchum.api.grpc;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** A refusal as a client sees it: status, message, and trailers that name code and field. */
final class WireError {
  /** The {@link ErrorCode}, spelled as in Java. */
  static final Metadata.Key<String> CODE =
      Metadata.Key.of("talchum-error-code", Metadata.ASCII_STRING_MARSHALLER);

  /** The request field at fault, percent-encoded. */
  static final Metadata.Key<String> PARAM =
      Metadata.Key.of("talchum-error-param", Metadata.ASCII_STRING_MARSHALLER);

  /** How long clients with a retry policy wait (gRPC A6). */
  static final Metadata.Key<String> PUSHBACK =
      Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);

  private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

  private WireError() {}

  static Status status(ServeException error) {
    return StatusTable.of(error.code()).toStatus().withDescription(error.getMessage());
  }

  static Metadata trailers(ServeException error) {
    Metadata trailers = new Metadata();
    trailers.put(CODE, error.code().name());
    error.param().ifPresent(param -> trailers.put(PARAM, percentEncoded(param)));
    if (error.code() == ErrorCode.QUEUE_FULL || error.code() == ErrorCode.OVERLOADED) {
      trailers.put(PUSHBACK, Long.toString(error.retryAfter().orElse(RETRY_AFTER).toMillis()));
    }
    return trailers;
  }

  static StatusRuntimeException exception(ServeException error) {
    return status(error).asRuntimeException(trailers(error));
  }

  static void close(ServerCall<?, ?> call, ServeException error) {
    call.close(status(error), trailers(error));
  }

  /** What is left of a defect that the log tells in full. */
  static ServeException defect(RuntimeException defect) {
    return new ServeException(ErrorCode.INTERNAL, "the server has a defect; see its log", defect);
  }

  /** Visible ASCII as it is but for the percent sign; everything else as escaped UTF-8. */
  static String percentEncoded(String text) {
    StringBuilder encoded = new StringBuilder();
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      if (b >= ' ' && b <= '~' && b != '%') {
        encoded.append((char) b);
      } else {
        encoded.append("%%%02X".formatted(b));
      }
    }
    return encoded.toString();
  }
}
