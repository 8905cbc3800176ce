package io.talchum.api.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ErrorJsonTest {
  @Test
  void saysWhatTheQueueSaysAboutTheNextTry() {
    ServeException busy = new ServeException(ErrorCode.QUEUE_FULL, "full");
    assertThat(ErrorJson.retryAfter(busy)).isEqualTo("1");
    assertThat(ErrorJson.retryAfter(busy.retryAfter(Duration.ofSeconds(15)))).isEqualTo("15");
    assertThat(busy.retryAfter(Duration.ofSeconds(15)))
        .hasMessage("full")
        .extracting(ServeException::code)
        .isEqualTo(ErrorCode.QUEUE_FULL);
  }
}
