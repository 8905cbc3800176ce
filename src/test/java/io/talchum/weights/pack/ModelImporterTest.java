package io.talchum.weights.pack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.core.ErrorCode;
import io.talchum.core.Linear;
import io.talchum.core.ServeException;
import io.talchum.testing.Fixtures;
import io.talchum.weights.quantize.Quantization;
import io.talchum.weights.safetensors.SafetensorsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelImporterTest {
  private static final ModelImporter IMPORTER = new ModelImporter();

  private static ImportRequest request(String fixture, Quantization linears, Quantization head) {
    return ImportRequest.of(Fixtures.path(fixture), "m").quantized(linears, head);
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "llama_tied", "llama31", "llama_linear", "llama_yarn"})
  void withoutQuantizationEveryWeightIsKept(String family, @TempDir Path models) {
    Path directory =
        IMPORTER.run(
            request("models/" + family, Quantization.NONE, Quantization.NONE),
            models,
            ProgressListener.NONE);
    try (ModelPackage model = ModelPackage.open(directory);
        SafetensorsFile source =
            SafetensorsFile.open(Fixtures.path("models/" + family + "/model.safetensors"))) {
      model.verify();
      assertThat(model.manifest().quantization()).isEqualTo("none");
      assertSameRows(source.readFloats("model.embed_tokens.weight"), model, "embed", 0);
      int row = 0;
      for (Linear linear : List.of(Linear.Q, Linear.K, Linear.V)) {
        String name = "model.layers.1." + linear.path();
        assertSameRows(source.readFloats(name + ".weight"), model, "layers.1.qkv", row);
        if (model.manifest().spec().biases().contains(linear)) {
          assertSameRows(source.readFloats(name + ".bias"), model, "layers.1.qkv.bias", row);
        }
        row += model.manifest().spec().outputSize(linear);
      }
      assertThat(model.tensor("layers.1.qkv").rows()).isEqualTo(row);
      assertSameRows(
          source.readFloats("model.layers.0.mlp.down_proj.weight"), model, "layers.0.down", 0);
      assertSameRows(
          source.readFloats("model.layers.0.post_attention_layernorm.weight"),
          model,
          "layers.0.mlp_input_norm",
          0);
      assertThat(model.find("head").isPresent())
          .isEqualTo(source.tensors().containsKey("lm_head.weight"));
    }
  }

  private static void assertSameRows(float[] expected, ModelPackage model, String name, int first) {
    PackedTensor tensor = model.tensor(name);
    float[] actual = new float[expected.length];
    for (int i = 0; i < expected.length / tensor.columns(); i++) {
      model.rows(tensor).read(first + i, actual, i * tensor.columns());
    }
    assertThat(actual).as(name).containsExactly(expected);
  }

  @ParameterizedTest
  @CsvSource({"INT8, int8, 256", "INT4, int4+offset, 15"})
  void quantizedWeightsLieWithinHalfAStep(
      Quantization quantization, String stated, int steps, @TempDir Path models) {
    Path directory =
        IMPORTER.run(
            request("models/llama_tied", quantization, Quantization.AUTO),
            models,
            ProgressListener.NONE);
    try (ModelPackage model = ModelPackage.open(directory);
        SafetensorsFile source =
            SafetensorsFile.open(Fixtures.path("models/llama_tied/model.safetensors"))) {
      assertThat(model.manifest().quantization()).isEqualTo(stated);
      assertThat(model.manifest().headQuantization()).isEqualTo("int8");
      float[] down = source.readFloats("model.layers.2.mlp.down_proj.weight");
      PackedTensor tensor = model.tensor("layers.2.down");
      for (int row = 0; row < tensor.rows(); row++) {
        float[] actual = model.dequantizedRow(tensor, row);
        for (int column = 0; column < tensor.columns(); column++) {
          int block = row * tensor.columns() + column / 32 * 32;
          float low = Float.MAX_VALUE;
          float high = -Float.MAX_VALUE;
          for (int i = block; i < block + 32; i++) {
            low = Math.min(low, down[i]);
            high = Math.max(high, down[i]);
          }
          float reach = Math.max(high - low, 2 * Math.max(Math.abs(low), Math.abs(high)));
          assertThat(Math.abs(actual[column] - down[row * tensor.columns() + column]))
              .isLessThanOrEqualTo(reach / steps);
        }
      }
    }
  }

  @Test
  void keepsWhatTheServerNeedsBesideWeights(@TempDir Path models) throws IOException {
    Path directory =
        IMPORTER.run(
            request("models/llama31", Quantization.AUTO, Quantization.AUTO),
            models,
            ProgressListener.NONE);
    PackageManifest manifest = ModelPackage.readManifest(directory);
    assertThat(manifest.eosTokenIds()).containsExactly(446);
    assertThat(manifest.bosTokenId()).isEqualTo(440);
    assertThat(manifest.padTokenId()).isEqualTo(442);
    assertThat(manifest.source()).isEqualTo("llama31");
    assertThat(directory.resolve("tokenizer.json"))
        .hasSameBinaryContentAs(Fixtures.path("models/llama31/tokenizer.json"));
    assertThat(directory.resolve("chat_template.jinja"))
        .hasSameBinaryContentAs(Fixtures.path("models/llama31/chat_template.jinja"));
    assertThat(Files.readString(directory.resolve("tokenizer_config.json")))
        .contains("\"bos_token\" : \"<|begin_of_text|>\"");
    assertThat(new ModelStore(models).list())
        .singleElement()
        .satisfies(entry -> assertThat(entry.manifest()).isEqualTo(manifest));
    assertThat(new ModelStore(models).find("../m")).isEmpty();
  }

  @Test
  void theHashIsThatOfTheContent(@TempDir Path models) {
    Path source = Fixtures.path("models/llama_tied");
    PackageManifest first = imported(ImportRequest.of(source, "a"), models);
    PackageManifest second = imported(ImportRequest.of(source, "b"), models);
    PackageManifest other =
        imported(
            ImportRequest.of(source, "c").quantized(Quantization.INT4, Quantization.AUTO), models);
    assertThat(second.contentHash()).isEqualTo(first.contentHash());
    assertThat(other.contentHash()).isNotEqualTo(first.contentHash());
  }

  private static PackageManifest imported(ImportRequest request, Path models) {
    return ModelPackage.readManifest(IMPORTER.run(request, models, ProgressListener.NONE));
  }

  @Test
  void refusesATakenNameUnlessToldToReplace(@TempDir Path models) {
    ImportRequest request = ImportRequest.of(Fixtures.path("models/llama_tied"), "m");
    imported(request, models);
    assertThatThrownBy(() -> imported(request, models))
        .isInstanceOfSatisfying(
            ServeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.ALREADY_EXISTS));
    PackageManifest replaced =
        imported(ImportRequest.of(Fixtures.path("models/llama31"), "m").replacing(), models);
    assertThat(new ModelStore(models).list())
        .singleElement()
        .satisfies(entry -> assertThat(entry.manifest()).isEqualTo(replaced));
    assertThat(children(models)).containsExactly("m");
  }

  @Test
  void aFailureInTheMiddleLeavesNothing(@TempDir Path models) {
    assertThatThrownBy(
            () ->
                IMPORTER.run(
                    request("models/llama", Quantization.AUTO, Quantization.AUTO),
                    models,
                    (done, total, tensor) -> {
                      if (tensor.startsWith("layers.1.")) {
                        throw new IllegalStateException("stop here");
                      }
                    }))
        .hasMessage("stop here");
    assertThat(children(models)).isEmpty();
  }

  @Test
  void reportsProgressUpToTheEnd(@TempDir Path models) {
    long[] seen = new long[2];
    IMPORTER.run(
        request("models/llama", Quantization.AUTO, Quantization.AUTO),
        models,
        (done, total, tensor) -> {
          assertThat(done).isGreaterThan(seen[0]);
          seen[0] = done;
          seen[1] = total;
        });
    assertThat(seen[0]).isEqualTo(seen[1]);
  }

  private static List<String> children(Path folder) {
    try (Stream<Path> children = Files.list(folder)) {
      return children.map(child -> child.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
