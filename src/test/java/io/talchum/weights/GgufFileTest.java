package io.talchum.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.talchum.testing.Fixtures;
import io.talchum.testing.Fixtures.Goldens;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GgufFileTest {
  @ParameterizedTest
  @ValueSource(strings = {"F16", "BF16", "Q8_0", "Q4_0", "Q4_1"})
  void dequantizesEveryBlockAsTheFormatSays(String type) {
    try (GgufFile file = GgufFile.open(Fixtures.path("gguf/blocks_" + type + ".gguf"));
        Goldens expected = Fixtures.goldens("gguf/blocks_" + type + ".expected.safetensors")) {
      assertThat(file.tensors()).hasSize(expected.file().tensors().size());
      file.tensors()
          .forEach(
              (name, tensor) -> {
                float[] values = expected.floats(name);
                float[] actual = new float[values.length];
                tensor.type().dequantize(file.data(tensor), 0, actual, 0, actual.length);
                for (int i = 0; i < values.length; i++) {
                  assertThat((double) actual[i])
                      .isCloseTo(values[i], within(1e-8 + 1e-6 * Math.abs(values[i])));
                }
              });
    }
  }

  @Test
  void readsBothVersions() {
    try (GgufFile two = GgufFile.open(Fixtures.path("gguf/llama_tied.Q4_0.v2.gguf"));
        GgufFile three = GgufFile.open(Fixtures.path("gguf/llama_tied.Q4_0.gguf"))) {
      assertThat(two.metadata()).isEqualTo(three.metadata());
      assertThat(two.tensors()).isEqualTo(three.tensors());
    }
  }

  @Test
  void namesATypeThatItDoesNotRead(@TempDir Path folder) throws IOException {
    byte[] file = Files.readAllBytes(Fixtures.path("hostile/gguf/ok_container.gguf"));
    ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    int name = new String(file, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf("tensor_a");
    bytes.putInt(name + "tensor_a".length() + 4 + 8, 14);
    Path path = Files.write(folder.resolve("k.gguf"), file);
    assertThatThrownBy(() -> GgufFile.open(path).close())
        .hasMessage(
            "k.gguf holds tensor tensor_a in type Q6_K (14); supported: F32, F16, BF16, Q8_0, Q4_0, Q4_1");
  }
}
