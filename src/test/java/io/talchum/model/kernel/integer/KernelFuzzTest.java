package io.talchum.model.kernel.integer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A wrong byte in a kernel may end the process, so a child runs them. */
class KernelFuzzTest {
  private static final int SHAPES = 100_000;

  @Test
  void productsOfRandomShapesAreThoseOfTheScalarOne() throws IOException, InterruptedException {
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                KernelFuzz.class.getName(),
                "20261201",
                Integer.toString(SHAPES))
            .redirectErrorStream(true)
            .start();
    String output = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(child.waitFor(5, TimeUnit.MINUTES)).isTrue();
    assertThat(output.strip()).endsWith(SHAPES + " shapes");
    assertThat(child.exitValue()).isZero();
  }
}
