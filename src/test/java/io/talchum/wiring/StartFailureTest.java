package io.talchum.wiring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StartFailureTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "port|abc|talchum.port (TALCHUM_PORT) is \"abc\"; it must be a whole number",
        "temperature|hot|talchum.temperature (TALCHUM_TEMPERATURE) is \"hot\"; it must be a number",
        "max-body|lots|talchum.max-body (TALCHUM_MAX_BODY) is \"lots\"; it must be a size such as 4M",
        "drain|soon|talchum.drain (TALCHUM_DRAIN) is \"soon\"; it must be a time such as 30s",
        "watch-adapters|perhaps|talchum.watch-adapters (TALCHUM_WATCH_ADAPTERS) is \"perhaps\"; it must be true or false",
        "cuda.graphs|1|talchum.cuda.graphs (TALCHUM_CUDA_GRAPHS) is \"1\"; it must be true or false",
      })
  void aValueOfTheWrongTypeIsToldWithKeyAndType(String key, String value, String sentence) {
    assertThat(StartFailure.sentence(failure(Map.of("talchum." + key, value)))).isEqualTo(sentence);
  }

  @Test
  void severalAreToldTogether() {
    assertThat(
            StartFailure.sentence(failure(Map.of("talchum.port", "abc", "talchum.drain", "soon"))))
        .contains("talchum.port (TALCHUM_PORT)", "; ", "talchum.drain (TALCHUM_DRAIN)");
  }

  private static Throwable failure(Map<String, String> settings) {
    return catchThrowable(
        () ->
            new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withMapping(TalchumConfig.class)
                .addDiscoveredConverters()
                .withDefaultValue("user.home", "home")
                .withDefaultValues(settings)
                .build());
  }
}
