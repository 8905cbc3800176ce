package io.talchum.model.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.model.LogitRows;
import io.talchum.model.onnx.GoldenComparison.Keys;
import io.talchum.testing.Fixtures;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.quantize.Quantization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The decoder against transformers' numbers; tolerances as in fixtures/README.md. */
class DecoderGoldenTest {
  private static final float TOLERANCE = 2e-3f;

  private final Path folder;

  DecoderGoldenTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @ParameterizedTest
  @MethodSource("io.talchum.testing.Families#all")
  void fp32EqualsTransformersWholeAndInPieces(String family) {
    check(
        "models/" + family,
        "models/" + family + "/golden.safetensors",
        Quantization.NONE,
        Quantization.NONE,
        4);
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
        2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "gemma3.Q4_0",
        "k256.Q2_K",
        "k256.Q3_K_M",
        "k256.Q4_K_M",
        "llama.F32",
        "llama.Q4_0",
        "llama.Q8_0",
        "llama31.F32",
        "llama31.Q4_0",
        "llama31.Q8_0",
        "llama_tied.BF16",
        "llama_tied.F16",
        "llama_tied.Q4_0",
        "llama_tied.Q4_1",
        "llama_tied.Q5_0",
        "llama_tied.Q5_1",
        "llama_tied.Q8_0",
        "mistral.F32",
        "mistral.Q4_0",
        "mistral.Q8_0",
        "qwen2.Q4_0",
        "qwen3.Q4_0"
      })
  void ggufIsKeptExactly(String file) {
    Quantization kept = !file.contains("F") ? Quantization.AUTO : Quantization.NONE;
    check("gguf/" + file + ".gguf", "gguf/" + file + ".golden.safetensors", kept, kept, 2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama_tied.Q4_1", "llama_tied.Q8_0", "llama_tied.Q4_0"})
  void aPieceMayWantNoLogits(String file) {
    int[] prompt = {1, 2, 3, 4, 5, 6, 7, 8};
    try (ModelPackage model =
            TinyModels.imported(
                "gguf/" + file + ".gguf", Quantization.AUTO, Quantization.AUTO, folder);
        OnnxModelExecutor executor = TinyModels.exact(model, 2)) {
      executor.prefill(1, 0, Arrays.copyOf(prompt, 4), LogitRows.NONE);
      int[] rest = Arrays.copyOfRange(prompt, 4, 8);
      float[] last = TinyModels.row(executor.prefill(1, 4, rest, LogitRows.LAST), 0);
      float[] whole = TinyModels.row(executor.prefill(0, 0, prompt, LogitRows.LAST), 0);
      assertThat(TinyModels.maxDifference(last, whole)).isLessThan(1e-4f);
    }
  }

  @Tag("shared")
  @ParameterizedTest
  @CsvSource({
    "w4_head4_embed4, INT4_SYMMETRIC, INT4_SYMMETRIC",
    "w4_head8_embed8, INT4_SYMMETRIC, INT8"
  })
  void quantizedQwen3EqualsFakeQuantizedWeights(
      String variant, Quantization linears, Quantization head) {
    Path golden = Fixtures.shared("models/qwen3/quant/" + variant + ".golden.safetensors");
    check(Fixtures.path("models/qwen3"), golden, linears, head, 2);
  }

  /** Those that the repository holds no copy of. */
  static Stream<String> sharedGgufs() throws IOException {
    try (Stream<Path> files = Files.list(Fixtures.shared("gguf"))) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".golden.safetensors"))
          .map(name -> name.replace(".golden.safetensors", ""))
          .filter(name -> !Files.exists(Fixtures.path("gguf").resolve(name + ".gguf")))
          .sorted()
          .toList()
          .stream();
    }
  }

  @Tag("shared")
  @ParameterizedTest
  @MethodSource("sharedGgufs")
  void everyOtherGgufIsReadExactly(String file) {
    check(
        Fixtures.shared("gguf/" + file + ".gguf"),
        Fixtures.shared("gguf/" + file + ".golden.safetensors"),
        Quantization.NONE,
        Quantization.NONE,
        2);
  }

  private void check(
      String source, String golden, Quantization linears, Quantization head, int prompts) {
    check(Fixtures.path(source), Fixtures.path(golden), linears, head, prompts);
  }

  private void check(
      Path source, Path golden, Quantization linears, Quantization head, int prompts) {
    try (ModelPackage model =
            TinyModels.imported(source, "golden-" + source.getFileName(), linears, head, folder);
        OnnxModelExecutor executor = TinyModels.exact(model, 2);
        Fixtures.Goldens goldens = Fixtures.goldens(golden)) {
      GoldenComparison.logits(
          executor,
          1,
          goldens,
          Keys.MODEL,
          prompts,
          new int[] {64, 7, 1},
          (what, difference, largest) ->
              assertThat(difference).as("%s %s", source, what).isLessThan(TOLERANCE));
      GoldenComparison.texts(executor, goldens, Keys.MODEL, prompts);
    }
  }
}
