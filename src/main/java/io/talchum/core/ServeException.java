package io.talchum.core;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A refusal or failure whose message says what was wrong, the value, and how to fix it. */
public final class ServeException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ErrorCode code;
  private final @Nullable String param;
  private final @Nullable Duration retryAfter;

  public ServeException(ErrorCode code, String message) {
    this(code, message, null, null, null);
  }

  public ServeException(ErrorCode code, String message, @Nullable Throwable cause) {
    this(code, message, null, null, cause);
  }

  private ServeException(
      ErrorCode code,
      @Nullable String message,
      @Nullable String param,
      @Nullable Duration retryAfter,
      @Nullable Throwable cause) {
    super(message, cause);
    this.code = code;
    this.param = param;
    this.retryAfter = retryAfter;
  }

  /** A refusal of one request field, named as it is spelled on the wire. */
  public static ServeException invalid(String param, String message) {
    return new ServeException(ErrorCode.INVALID_REQUEST, message, param, null, null);
  }

  /** Like {@link #invalid} with another code. */
  public static ServeException of(ErrorCode code, String param, String message) {
    return new ServeException(code, message, param, null, null);
  }

  /** The same with how long the caller had better wait before trying again. */
  public ServeException retryAfter(Duration wait) {
    return new ServeException(code, getMessage(), param, wait, getCause());
  }

  /** How long to wait before trying again, in whole seconds; empty if nothing is known. */
  public Optional<Duration> retryAfter() {
    return Optional.ofNullable(retryAfter);
  }

  public ErrorCode code() {
    return code;
  }

  /** The request field at fault, spelled as on the wire. */
  public Optional<String> param() {
    return Optional.ofNullable(param);
  }
}
