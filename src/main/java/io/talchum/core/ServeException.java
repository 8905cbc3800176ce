package io.talchum.core;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A refusal or failure whose message says what was wrong, the value, and how to fix it. */
public final class ServeException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ErrorCode code;
  private final @Nullable String param;

  public ServeException(ErrorCode code, String message) {
    this(code, message, null, null);
  }

  public ServeException(ErrorCode code, String message, @Nullable Throwable cause) {
    this(code, message, null, cause);
  }

  private ServeException(
      ErrorCode code, String message, @Nullable String param, @Nullable Throwable cause) {
    super(message, cause);
    this.code = code;
    this.param = param;
  }

  /** A refusal of one request field, named as it is spelled on the wire. */
  public static ServeException invalid(String param, String message) {
    return new ServeException(ErrorCode.INVALID_REQUEST, message, param, null);
  }

  /** Like {@link #invalid} with another code. */
  public static ServeException of(ErrorCode code, String param, String message) {
    return new ServeException(code, message, param, null);
  }

  public ErrorCode code() {
    return code;
  }

  /** The request field at fault, spelled as on the wire. */
  public Optional<String> param() {
    return Optional.ofNullable(param);
  }
}
