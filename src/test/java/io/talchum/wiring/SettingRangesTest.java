package io.talchum.wiring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.talchum.core.ServeException;
import java.lang.reflect.Method;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingRangesTest {
  /** Texts, and numbers whose bounds the model or its sampling knows. */
  private static final Set<String> CHECKED_BY_READERS =
      Set.of(
          "data-dir",
          "model",
          "adapters",
          "provider",
          "kv",
          "prefix-cache",
          "cors-origins",
          "host",
          "api-keys",
          "api-keys-file",
          "slots",
          "context",
          "temperature",
          "top-p",
          "top-k",
          "min-p");

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
    "cuda.lora-rank, 0, talchum.cuda.lora-rank is 0; it must be 1 to 1024",
    "cuda.memory-limit, 0, talchum.cuda.memory-limit is 0; it must be 1 or more",
    "deadline, PT0S, talchum.deadline is 0s; it must be 0.001s or more",
    "drain, PT25H, talchum.drain is 25h; it must be 0s to 24h",
  })
  void whatIsBeyondIsToldWithKeyValueAndBounds(String setting, String value, String message) {
    assertThatThrownBy(() -> SettingRanges.check(config(Map.of("talchum." + setting, value))))
        .isInstanceOf(ServeException.class)
        .hasMessage(message);
  }

  /** {@link ConfigurationDocumentTest} sees to it that these are the settings of the document. */
  @Test
  void everySettingIsCheckedHereOrByItsReader() {
    Map<String, String> outside = outside("", TalchumConfig.class);
    assertThat(outside.keySet()).containsAll(CHECKED_BY_READERS);
    outside.keySet().removeAll(CHECKED_BY_READERS);
    outside.forEach(
        (setting, value) ->
            assertThatThrownBy(
                    () -> SettingRanges.check(config(Map.of("talchum." + setting, value))))
                .as("talchum.%s=%s", setting, value)
                .hasMessageContaining("talchum." + setting));
  }

  /** A value of the setting's type that no setting of the type may have; empty for texts. */
  private static Map<String, String> outside(String prefix, Class<?> group) {
    Map<String, String> values = new TreeMap<>();
    for (Method method : group.getDeclaredMethods()) {
      String key = prefix + method.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
      if (method.getReturnType().getEnclosingClass() == TalchumConfig.class) {
        values.putAll(outside(key + ".", method.getReturnType()));
      } else if (!method.isSynthetic()) {
        values.put(key, outside(method.getGenericReturnType().getTypeName()));
      }
    }
    return values;
  }

  private static String outside(String type) {
    if (type.equals("boolean")) {
      return "perhaps";
    }
    if (type.contains("Duration")) {
      return "PT-1S";
    }
    if (type.contains("MemorySize")) {
      return "0";
    }
    return type.equals("int") || type.contains("OptionalInt") ? "-1" : "";
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
