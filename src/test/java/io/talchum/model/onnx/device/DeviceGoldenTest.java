package io.talchum.model.onnx.device;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.model.onnx.GoldenComparison;
import io.talchum.model.onnx.GoldenComparison.Keys;
import io.talchum.model.onnx.TinyModels;
import io.talchum.model.onnx.ort.ElementType;
import io.talchum.testing.Fixtures;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.quantize.Quantization;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The graph of standard operators, run by the CPU provider, against transformers' numbers. */
class DeviceGoldenTest {
  private final Path folder;

  DeviceGoldenTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @ParameterizedTest
  @MethodSource("io.talchum.testing.Families#all")
  void floatsEqualTransformersWholeAndInPieces(String family) {
    check(
        "models/" + family,
        "models/" + family + "/golden.safetensors",
        Quantization.NONE,
        Quantization.NONE,
        ElementType.FLOAT);
  }

  @ParameterizedTest
  @CsvSource({
    "w4_head4, INT4_SYMMETRIC, INT4_SYMMETRIC",
    "w4_head8, INT4_SYMMETRIC, INT8",
    "w8_head8, INT8, INT8"
  })
  void quantizedEqualsFakeQuantizedWeights(
      String variant, Quantization linears, Quantization head) {
    check(
        "models/llama_tied",
        "models/llama_tied/quant/" + variant + ".golden.safetensors",
        linears,
        head,
        ElementType.FLOAT);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "gemma3.Q4_0",
        "k256.Q2_K",
        "k256.Q3_K_M",
        "k256.Q4_K_M",
        "llama_tied.Q4_0",
        "llama_tied.Q4_1",
        "llama_tied.Q5_0",
        "llama_tied.Q5_1",
        "llama_tied.Q8_0",
        "mistral.Q4_0",
        "qwen2.Q4_0",
        "qwen3.Q4_0"
      })
  void everyEncodingIsExact(String file) {
    check(
        "gguf/" + file + ".gguf",
        "gguf/" + file + ".golden.safetensors",
        Quantization.AUTO,
        Quantization.AUTO,
        ElementType.FLOAT);
  }

  @ParameterizedTest
  @MethodSource("io.talchum.testing.Families#all")
  void halvesAreNear(String family) {
    check(
        "models/" + family,
        "models/" + family + "/golden.safetensors",
        Quantization.NONE,
        Quantization.NONE,
        ElementType.FLOAT16);
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama_tied.Q4_0", "llama_tied.Q4_1", "llama_tied.Q8_0"})
  void quantizedHalvesAreNear(String file) {
    check(
        "gguf/" + file + ".gguf",
        "gguf/" + file + ".golden.safetensors",
        Quantization.AUTO,
        Quantization.AUTO,
        ElementType.FLOAT16);
  }

  private void check(
      String source, String golden, Quantization linears, Quantization head, ElementType number) {
    try (ModelPackage model =
            TinyModels.imported(
                Fixtures.path(source),
                "device-" + source.replace('/', '-'),
                linears,
                head,
                folder);
        DeviceModelExecutor executor = TinyModels.onHost(model, 2, number);
        Fixtures.Goldens goldens = Fixtures.goldens(Fixtures.path(golden))) {
      boolean whole = number == ElementType.FLOAT;
      GoldenComparison.logits(
          executor,
          1,
          goldens,
          Keys.MODEL,
          2,
          new int[] {64, 7},
          (what, difference, largest) ->
              assertThat(difference)
                  .as("%s %s", source, what)
                  .isLessThan(whole ? 2e-3f : 0.02f * largest));
      if (whole) {
        GoldenComparison.texts(executor, goldens, Keys.MODEL, 2);
      }
    }
  }
}
