package io.talchum.api.grpc;

import io.grpc.Metadata;
import io.talchum.core.ServeException;
import io.talchum.service.Printable;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads {@code grpc-timeout}: up to eight digits and a unit. */
final class CallDeadline {
  private static final Metadata.Key<String> TIMEOUT =
      Metadata.Key.of("grpc-timeout", Metadata.ASCII_STRING_MARSHALLER);
  private static final Pattern FORM = Pattern.compile("([0-9]{1,8})([HMSmun])");

  private CallDeadline() {}

  /**
   * When the client stops waiting; null if it did not say.
   *
   * @throws ServeException INVALID_REQUEST
   */
  static @Nullable Instant of(Metadata headers, Instant now) {
    String timeout = headers.get(TIMEOUT);
    if (timeout == null) {
      return null;
    }
    Matcher form = FORM.matcher(timeout);
    if (!form.matches()) {
      throw ServeException.invalid(
          "grpc-timeout",
          "grpc-timeout '%s' is not a timeout; send up to eight digits and one of H M S m u n"
              .formatted(Printable.of(timeout)));
    }
    return now.plus(Duration.of(Long.parseLong(form.group(1)), unit(form.group(2).charAt(0))));
  }

  private static ChronoUnit unit(char letter) {
    return switch (letter) {
      case 'H' -> ChronoUnit.HOURS;
      case 'M' -> ChronoUnit.MINUTES;
      case 'S' -> ChronoUnit.SECONDS;
      case 'm' -> ChronoUnit.MILLIS;
      case 'u' -> ChronoUnit.MICROS;
      default -> ChronoUnit.NANOS;
    };
  }
}
