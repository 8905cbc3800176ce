package io.talchum.adapter.mix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.core.ServeException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CombinationTest {
  @Test
  void takesPeftsOptions() {
    assertThat(Combination.of("ties", 0.5, "frequency", null))
        .isEqualTo(new Combination(Combination.Type.TIES, 0.5, true, 0));
    assertThat(Combination.of("dare_linear", 1.0, null, -3L))
        .isEqualTo(new Combination(Combination.Type.DARE_LINEAR, 1, false, -3));
  }

  @Test
  void refusesWhatIsWrongMissingOrOfNoUse() {
    refused("svd", null, null, null, "combination_type", "cat, linear, ties, dare_linear");
    refused("linear", 0.5, null, null, "density", "density has no effect on linear");
    refused("ties", null, null, null, "density", "density is missing; ties needs it");
    refused("cat", null, null, 1L, "seed", "seed has no effect on cat");
    refused("dare_linear", 0.5, null, null, "seed", "seed is missing");
    refused("dare_linear", 0.5, "total", 1L, "majority_sign_method", "no effect on dare_linear");
    refused("ties", 0.5, "most", null, "majority_sign_method", "not 'most'");
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -0.1, 1.01, Double.NaN, Double.POSITIVE_INFINITY})
  void densityIsAboveZeroAndAtMostOne(double density) {
    refused("ties", density, null, null, "density", "out of range");
  }

  private static void refused(
      String type,
      @Nullable Double density,
      @Nullable String method,
      @Nullable Long seed,
      String param,
      String message) {
    assertThatThrownBy(() -> Combination.of(type, density, method, seed))
        .isInstanceOfSatisfying(ServeException.class, e -> assertThat(e.param()).contains(param))
        .hasMessageContaining(message);
  }
}
