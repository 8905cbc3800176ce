package io.talchum.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.core.ApiScope;
import io.talchum.core.ErrorCode;
import io.talchum.core.Principal;
import io.talchum.core.ServeException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class ApiKeysTest {
  private final ApiKeys keys = new ApiKeys(List.of("first-key", "second-key"));

  @Test
  void tellsTenantsApartWithoutShowingTheKey() {
    String first = keys.authenticate("Bearer first-key").tenant();
    assertThat(keys.authenticate("bearer  first-key ").tenant()).isEqualTo(first);
    assertThat(keys.authenticate("Bearer second-key").tenant()).isNotEqualTo(first);
    assertThat(first).doesNotContain("first-key");
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(strings = {"", " ", "first-key", "Basic first-key", "Bearer", "Bearer first-ke"})
  void refusesEverythingElse(String header) {
    assertThatThrownBy(() -> keys.authenticate(header))
        .isInstanceOfSatisfying(
            ServeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAUTHENTICATED))
        .message()
        .doesNotContain("first-ke");
  }

  @Test
  void aKeyMayHaveSomeScopesOnly() {
    ApiKeys scoped = new ApiKeys(List.of(" first-key  inference metrics ", "second-key"));
    assertThat(scoped.authenticate("Bearer first-key").scopes())
        .containsExactlyInAnyOrder(ApiScope.INFERENCE, ApiScope.METRICS);
    assertThat(scoped.authenticate("Bearer second-key").scopes())
        .containsExactlyInAnyOrder(ApiScope.values());
    assertThatThrownBy(() -> new ApiKeys(List.of("first-key everything")))
        .isInstanceOf(ServeException.class)
        .hasMessageContaining("a scope 'everything'")
        .hasMessageContaining("inference, admin, metrics")
        .message()
        .doesNotContain("first-key");
    assertThatThrownBy(() -> new ApiKeys(List.of("short inference")))
        .hasMessageContaining("less than 8 characters");
    assertThatThrownBy(() -> new ApiKeys(List.of("first-key inference", "first-key admin")))
        .hasMessageContaining("holds a key twice")
        .message()
        .doesNotContain("first-key");
  }

  @Test
  void asksForNothingWithoutKeys() {
    assertThat(new ApiKeys(List.of()).authenticate(null)).isEqualTo(Principal.ANONYMOUS);
  }
}
