package io.talchum.wiring;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.talchum.core.ServeException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingRangesTest {
  @Test
  void theDefaultsAreWithin() {
    assertThatCode(() -> SettingRanges.check(config(Map.of()))).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @CsvSource({
    "port, 99999, talchum.port (--port) is 99999; it must be 0 to 65535",
    "port, -1, talchum.port (--port) is -1; it must be 0 to 65535",
    "threads, 0, talchum.threads is 0; it must be 1 to 1024",
    "queue-capacity, 0, talchum.queue-capacity is 0; it must be 1 to 1000000",
    "prefill-tokens, 0, talchum.prefill-tokens is 0; it must be 1 to 65536",
    "prefill-tokens-alone, 0, talchum.prefill-tokens-alone is 0; it must be 1 to 65536",
    "max-choices, 0, talchum.max-choices is 0; it must be 1 to 1024",
    "max-prompts, 0, talchum.max-prompts is 0; it must be 1 to 65536",
    "max-body, 1, talchum.max-body is 1; it must be 1024 to 1073741824",
    "body-memory, 1, talchum.body-memory is 1; it must be 1024 or more",
    "body-memory, 1M, talchum.body-memory is 1048576; it must be at least talchum.max-body (4194304)",
    "max-connections, 0, talchum.max-connections is 0; it must be 1 to 1000000",
    "body-timeout, PT0S, talchum.body-timeout is 0s; it must be 0.1s to 24h",
    "head-timeout, PT0.01S, talchum.head-timeout is 0.01s; it must be 0.1s to 24h",
    "idle-timeout, PT25H, talchum.idle-timeout is 25h; it must be 0.1s to 24h",
    "adapter-memory, 0, talchum.adapter-memory is 0; it must be 1 or more",
    "max-adapter-upload, 0, talchum.max-adapter-upload is 0; it must be 1 or more",
    "cuda.device, -1, talchum.cuda.device is -1; it must be 0 to 63",
    "deadline, PT0S, talchum.deadline is 0s; it must be 0.001s or more",
    "drain, PT25H, talchum.drain is 25h; it must be 0s to 24h",
  })
  void whatIsBeyondIsToldWithKeyValueAndBounds(String setting, String value, String message) {
    assertThatThrownBy(() -> SettingRanges.check(config(Map.of("talchum." + setting, value))))
        .isInstanceOf(ServeException.class)
        .hasMessage(message);
  }

  private static TalchumConfig config(Map<String, String> settings) {
    SmallRyeConfig config =
        new SmallRyeConfigBuilder()
            .addDefaultInterceptors()
            .withMapping(TalchumConfig.class)
            .addDiscoveredConverters() // durations, sizes
            .withDefaultValue("user.home", "home")
            .withDefaultValues(settings)
            .build();
    return config.getConfigMapping(TalchumConfig.class);
  }
}
