package io.talchum.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Where the user's folder is. */
class ProcessEnvironmentTest {
  @Test
  void homeIsTheShells() {
    assertThat(ProcessEnvironment.home(Map.of("HOME", "/shell"), "/jvm"))
        .isEqualTo(Path.of("/shell"));
    assertThat(ProcessEnvironment.home(Map.of("HOME", ""), "/jvm")).isEqualTo(Path.of("/jvm"));
    assertThat(ProcessEnvironment.home(Map.of(), "/jvm")).isEqualTo(Path.of("/jvm"));
  }
}
