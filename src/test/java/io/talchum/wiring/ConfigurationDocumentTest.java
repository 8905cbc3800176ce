package io.talchum.wiring;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.WithDefault;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** docs/configuration.md names the keys and defaults of {@link TalchumConfig}, and no others. */
class ConfigurationDocumentTest {
  @Test
  void namesEveryKeyWithItsDefault() throws IOException {
    List<String> rows =
        Files.readAllLines(Path.of("docs", "configuration.md")).stream()
            .filter(line -> line.startsWith("| `talchum."))
            .toList();
    List<String> expected =
        Arrays.stream(TalchumConfig.class.getDeclaredMethods())
            .filter(method -> !method.isSynthetic())
            .map(ConfigurationDocumentTest::row)
            .toList();
    assertThat(rows).hasSameSizeAs(expected);
    for (String row : expected) {
      assertThat(rows).anyMatch(line -> line.startsWith(row));
    }
  }

  private static String row(Method method) {
    String key =
        "talchum." + method.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    String environment = key.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    WithDefault value = method.getAnnotation(WithDefault.class);
    return "| `%s` | `%s` | %s | "
        .formatted(key, environment, value == null ? "none" : "`" + value.value() + "`");
  }
}
