package io.talchum.api.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Metadata;
import io.talchum.core.ServeException;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CallDeadlineTest {
  private static final Instant NOW = Instant.parse("2030-01-01T00:00:00Z");

  @ParameterizedTest
  @CsvSource({
    "2H,PT2H",
    "3M,PT3M",
    "4S,PT4S",
    "5m,PT0.005S",
    "6u,PT0.000006S",
    "7n,PT0.000000007S",
    "0n,PT0S",
    "99999999H,PT99999999H"
  })
  void addsTheTimeout(String timeout, Duration duration) {
    assertThat(CallDeadline.of(headers(timeout), NOW)).isEqualTo(NOW.plus(duration));
  }

  @Test
  void isNullWithoutTimeout() {
    assertThat(CallDeadline.of(new Metadata(), NOW)).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "5", "S", "5s", "-1S", "1.5S", "123456789S", "1S1S"})
  void refusesWhatIsNoTimeout(String timeout) {
    assertThatThrownBy(() -> CallDeadline.of(headers(timeout), NOW))
        .isInstanceOf(ServeException.class)
        .hasMessageContaining("grpc-timeout '" + timeout + "' is not a timeout");
  }

  private static Metadata headers(String timeout) {
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of("grpc-timeout", Metadata.ASCII_STRING_MARSHALLER), timeout);
    return headers;
  }
}
