package io.talchum.weights.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.testing.Fixtures;
import io.talchum.testing.Fixtures.Goldens;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GgufFileTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q2_K", "Q3_K", "Q4_K", "Q5_K",
        "Q6_K", "IQ4_NL", "IQ4_XS", "TQ1_0", "TQ2_0", "MXFP4"
      })
  void dequantizesEveryBlockBitForBit(String type) {
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
                  assertThat(Float.floatToIntBits(actual[i]))
                      .as("%s[%d]: %s is not %s", name, i, actual[i], values[i])
                      .isEqualTo(Float.floatToIntBits(values[i]));
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
  void namesATypeThatItDoesNotRead() {
    assertThatThrownBy(() -> GgufFile.open(Fixtures.path("gguf/blocks_IQ2_XS.gguf")).close())
        .hasMessageContaining("in type IQ2_XS (17); supported: F32, F16, BF16, Q8_0, Q4_0, Q4_1,")
        .hasMessageContaining("Q6_K");
  }

  @Test
  void refusesATensorWithoutAName(@TempDir Path folder) throws IOException {
    ByteBuffer header = ByteBuffer.allocate(256).order(ByteOrder.LITTLE_ENDIAN);
    header.put("GGUF".getBytes(StandardCharsets.US_ASCII)).putInt(3).putLong(1).putLong(0);
    header.putLong(0); // the length of the first tensor's name
    Path file = Files.write(folder.resolve("x.gguf"), header.array());
    assertThatThrownBy(() -> GgufFile.open(file).close())
        .hasMessageContaining("holds a tensor without a name, the one with number 0");
  }
}
