package io.talchum.wiring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ListenPolicyTest {
  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "127.9.9.9", "::1", "0:0:0:0:0:0:0:1", "localhost"})
  void thisMachineNeedsNoKey(String host) {
    assertThatCode(() -> ListenPolicy.check(host, false)).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0", "::", "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"})
  void othersNeedOne(String host) {
    assertThatCode(() -> ListenPolicy.check(host, true)).doesNotThrowAnyException();
    assertThatThrownBy(() -> ListenPolicy.check(host, false))
        .isInstanceOfSatisfying(
            ServeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAUTHENTICATED))
        .hasMessageContaining("listening on " + host)
        .hasMessageContaining("talchum.api-keys");
  }

  @Test
  void whatIsNoAddressIsRefused() {
    assertThatThrownBy(() -> ListenPolicy.check("[::1", false))
        .isInstanceOfSatisfying(
            ServeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_REQUEST))
        .hasMessageContaining("talchum.host '[::1'");
  }
}
