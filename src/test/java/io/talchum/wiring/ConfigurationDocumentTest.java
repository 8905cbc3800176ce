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
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/configuration.md names the keys and defaults of {@link TalchumConfig}, and no others. */
class ConfigurationDocumentTest {
  @Test
  void namesEveryKeyWithItsDefault() throws IOException {
    List<String> rows =
        Files.readAllLines(Path.of("docs", "configuration.md")).stream()
            .filter(line -> line.startsWith("| `talchum."))
            .toList();
    List<String> expected = rows("talchum.", TalchumConfig.class).toList();
    assertThat(rows).hasSameSizeAs(expected);
    for (String row : expected) {
      assertThat(rows).anyMatch(line -> line.startsWith(row));
    }
  }

  /** Also those of groups, which are interfaces inside. */
  private static Stream<String> rows(String prefix, Class<?> group) {
    return Arrays.stream(group.getDeclaredMethods())
        .filter(method -> !method.isSynthetic())
        .flatMap(
            method ->
                method.getReturnType().getEnclosingClass() == TalchumConfig.class
                    ? rows(key(prefix, method) + ".", method.getReturnType())
                    : Stream.of(row(key(prefix, method), method)));
  }

  private static String key(String prefix, Method method) {
    return prefix + method.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
  }

  private static String row(String key, Method method) {
    String environment = key.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    WithDefault value = method.getAnnotation(WithDefault.class);
    return "| `%s` | `%s` | %s | "
        .formatted(key, environment, value == null ? "none" : "`" + value.value() + "`");
  }
}
