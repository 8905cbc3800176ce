package io.talchum.weights.pack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.talchum.core.ModelSpec;
import io.talchum.core.RopeSpec;
import io.talchum.testing.Fixtures;
import io.talchum.weights.quantize.Quantization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GgufImportTest {
  private static ModelPackage imported(ImportRequest request, Path models) {
    return ModelPackage.open(new ModelImporter().run(request, models, ProgressListener.NONE));
  }

  private static ImportRequest unquantized(String fixture, String name) {
    return ImportRequest.of(Fixtures.path(fixture), name)
        .quantized(Quantization.NONE, Quantization.NONE);
  }

  /** A GGUF file says nothing of sampling; a folder that does keeps its word. */
  @Test
  void whatSaysNothingOfSamplingIsDrawnAsUsual(@TempDir Path models) throws IOException {
    Path gguf = Fixtures.path("gguf/llama_tied.Q4_1.gguf");
    try (ModelPackage model = imported(ImportRequest.of(gguf, "gguf"), models)) {
      assertThat(Files.readString(model.directory().resolve("generation_config.json")))
          .contains("\"do_sample\" : true", "\"temperature\" : 0.8", "\"top_k\" : 40")
          .contains("\"top_p\" : 0.95", "\"min_p\" : 0.05", "eos_token_id");
    }
    Path folder = Fixtures.copyOf("models/llama_tied", models.resolve("source"));
    Files.writeString(folder.resolve("generation_config.json"), "{\"top_k\": 3}");
    try (ModelPackage model = imported(ImportRequest.of(folder, "folder"), models)) {
      assertThat(Files.readString(model.directory().resolve("generation_config.json")))
          .contains("\"top_k\" : 3")
          .doesNotContain("temperature");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "llama31"})
  void isTheSameModelAsTheFolderItWasMadeFrom(String family, @TempDir Path models) {
    try (ModelPackage hub = imported(unquantized("models/" + family, "hub"), models);
        ModelPackage gguf = imported(unquantized("gguf/" + family + ".F32.gguf", "gguf"), models)) {
      assertSameSpec(hub.manifest().spec(), gguf.manifest().spec());
      assertThat(gguf.manifest().bosTokenId()).isEqualTo(hub.manifest().bosTokenId());
      assertThat(gguf.manifest().eosTokenIds()).isEqualTo(hub.manifest().eosTokenIds());
      assertThat(gguf.manifest().padTokenId()).isEqualTo(hub.manifest().padTokenId());
      for (PackedTensor tensor : hub.manifest().tensors()) {
        for (int row = 0; row < tensor.rows(); row++) {
          assertThat(gguf.dequantizedRow(gguf.tensor(tensor.name()), row))
              .as("%s row %d", tensor.name(), row)
              .containsExactly(hub.dequantizedRow(tensor, row));
        }
      }
    }
  }

  private static void assertSameSpec(ModelSpec expected, ModelSpec actual) {
    assertThat(actual)
        .usingRecursiveComparison()
        .ignoringFields("attention.rope", "attention.windowRope")
        .isEqualTo(expected);
    assertSameRope(expected.attention().rope(), actual.attention().rope());
    assertSameRope(expected.attention().windowRope(), actual.attention().windowRope());
  }

  private static void assertSameRope(RopeSpec expected, RopeSpec actual) {
    for (int i = 0; i < expected.inverseFrequencies().size(); i++) {
      double frequency = expected.inverseFrequencies().get(i);
      assertThat(actual.inverseFrequencies().get(i)).isCloseTo(frequency, within(1e-6 * frequency));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "llama_tied.F16, int8, int8, 8e-3",
    "llama_tied.BF16, int8, int8, 8e-3",
    "llama_tied.Q8_0, int8, int8, 0",
    "llama_tied.Q4_0, int4, int4, 0",
    "llama_tied.Q4_0.v2, int4, int4, 0",
    "llama_tied.Q4_1, int4+offset, int4+offset, 1e-6",
    "llama_tied.Q5_0, int8, int8, 0",
    "llama_tied.Q5_1, int8+offset, int8+offset, 0",
    "llama31.Q8_0, int8, int8, 0",
    "llama31.Q4_0, int4, int4, 0",
    "mistral.Q4_0, int4, int4, 0",
    "mistral.Q8_0, int8, int8, 0",
    "k256.Q2_K, int4+offset, int4+offset, 1e-6",
    "k256.Q3_K_M, mixed, int8, 1e-6",
    "k256.Q4_K_M, mixed, int8, 1e-6",
  })
  void autoKeepsAQuantizedSource(
      String file, String linears, String tables, float tolerance, @TempDir Path models) {
    Path source = Fixtures.path("gguf/" + file + ".gguf");
    try (ModelPackage exact = imported(unquantized("gguf/" + file + ".gguf", "exact"), models);
        ModelPackage model = imported(ImportRequest.of(source, "auto"), models)) {
      model.verify();
      assertThat(model.manifest().quantization()).isEqualTo(linears);
      assertThat(model.manifest().headQuantization()).isEqualTo(tables);
      for (PackedTensor tensor : exact.manifest().tensors()) {
        for (int row = 0; row < tensor.rows(); row++) {
          float[] expected = exact.dequantizedRow(tensor, row);
          float[] actual = row(model, tensor.name(), row);
          float largest = 0;
          float difference = 0;
          for (int i = 0; i < expected.length; i++) {
            largest = Math.max(largest, Math.abs(expected[i]));
            difference = Math.max(difference, Math.abs(expected[i] - actual[i]));
          }
          assertThat(difference)
              .as("%s row %d", tensor.name(), row)
              .isLessThanOrEqualTo(tolerance * largest);
        }
      }
    }
  }

  /** A row of a group of linears that may be stored as one matrix or singly. */
  private static float[] row(ModelPackage model, String name, int row) {
    int rest = row;
    for (String member : model.find(name).isPresent() ? List.of(name) : members(name)) {
      PackedTensor tensor = model.tensor(member);
      if (rest < tensor.rows()) {
        return model.dequantizedRow(tensor, rest);
      }
      rest -= tensor.rows();
    }
    throw new AssertionError(name + " has no row " + row);
  }

  private static List<String> members(String name) {
    String layer = name.substring(0, name.lastIndexOf('.') + 1);
    return name.endsWith("qkv")
        ? List.of(layer + "q", layer + "k", layer + "v")
        : List.of(layer + "gate", layer + "up");
  }

  @Test
  void readsTheArchitectureOfTheMetadata(@TempDir Path models) {
    try (ModelPackage model = imported(unquantized("gguf/mistral.Q4_0.gguf", "m"), models)) {
      ModelSpec spec = model.manifest().spec();
      assertThat(spec.headDim()).isEqualTo(32);
      assertThat(spec.heads() * spec.headDim()).isNotEqualTo(spec.hiddenSize());
      assertThat(spec.tiedHead()).isFalse();
      assertThat(model.find("head")).isPresent();
      assertThat(model.manifest().source()).isEqualTo("mistral.Q4_0.gguf");
    }
  }
}
