package io.talchum.api.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Metadata;
import io.grpc.Status;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class WireErrorTest {
  @Test
  void tellsStatusMessageCodeAndField() {
    ServeException error = ServeException.invalid("top_p", "top_p 2 is out of range");
    Metadata trailers = WireError.trailers(error);
    assertThat(WireError.status(error).getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(WireError.status(error).getDescription()).isEqualTo("top_p 2 is out of range");
    assertThat(trailers.get(WireError.CODE)).isEqualTo("INVALID_REQUEST");
    assertThat(trailers.get(WireError.PARAM)).isEqualTo("top_p");
    assertThat(trailers.get(WireError.PUSHBACK)).isNull();
  }

  @Test
  void tellsWhenToTryAgain() {
    Metadata trailers = WireError.trailers(new ServeException(ErrorCode.QUEUE_FULL, "full"));
    assertThat(trailers.get(WireError.PUSHBACK)).isEqualTo("1000");
    assertThat(trailers.get(WireError.PARAM)).isNull();
    ServeException busy = new ServeException(ErrorCode.QUEUE_FULL, "full");
    assertThat(WireError.trailers(busy.retryAfter(Duration.ofSeconds(15))).get(WireError.PUSHBACK))
        .isEqualTo("15000");
  }

  @Test
  void keepsTrailersToVisibleAscii() {
    assertThat(WireError.percentEncoded("a b%ü\n")).isEqualTo("a b%25%C3%BC%0A");
  }
}
