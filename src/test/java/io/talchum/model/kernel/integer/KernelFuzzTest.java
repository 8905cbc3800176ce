package io.talchum.model.kernel.integer;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.testing.ChildProcess;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A wrong byte in a kernel may end the process, so a child runs them. */
class KernelFuzzTest {
  private static final int SHAPES = 100_000;

  @Test
  void productsOfRandomShapesAreThoseOfTheScalarOne() throws IOException, InterruptedException {
    List<String> options =
        List.of("--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED");
    try (ChildProcess child =
        new ChildProcess(options, KernelFuzz.class, "20261201", Integer.toString(SHAPES))) {
      assertThat(child.awaitEnd()).endsWith(SHAPES + " shapes\nexit 0");
    }
  }
}
