package io.talchum.weights.pack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.testing.Fixtures;
import io.talchum.weights.DType;
import io.talchum.weights.quantize.Quantization;
import io.talchum.weights.safetensors.SafetensorsFile;
import io.talchum.weights.safetensors.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Folders in the shapes in which the Hub has them. */
class HfImportTest {
  private static final ModelImporter IMPORTER = new ModelImporter();

  private static PackageManifest imported(Path source, Path models, Quantization quantization) {
    return ModelPackage.readManifest(
        IMPORTER.run(
            ImportRequest.of(source, "m-" + quantization)
                .quantized(quantization, quantization)
                .replacing(),
            models,
            ProgressListener.NONE));
  }

  /** Rewrites model.safetensors, some tensors changed. */
  private static void rewrite(Path source, Path target, DType type, UnaryOperator<float[]> change) {
    SafetensorsWriter writer = new SafetensorsWriter();
    try (SafetensorsFile file = SafetensorsFile.open(source)) {
      file.tensors()
          .forEach(
              (name, info) ->
                  writer.add(
                      name,
                      name.contains("_proj") ? type : DType.F32,
                      info.shape(),
                      name.contains("_proj")
                          ? change.apply(file.readFloats(name))
                          : file.readFloats(name)));
    }
    writer.write(target);
  }

  @Test
  void theTextModelBesideAVisionTowerIsTheSameModel(@TempDir Path temp) throws IOException {
    Path text = Fixtures.path("models/gemma3");
    Path both = Files.createDirectory(temp.resolve("both"));
    ObjectNode inner = (ObjectNode) Fixtures.json("models/gemma3/config.json");
    inner.remove("architectures");
    ObjectNode outer = inner.objectNode();
    outer.put("model_type", "gemma3").put("mm_tokens_per_image", 256);
    outer.putArray("architectures").add("Gemma3ForConditionalGeneration");
    outer.putObject("vision_config").put("hidden_size", 1152);
    outer.set("text_config", inner);
    Files.writeString(both.resolve("config.json"), outer.toString());
    SafetensorsWriter writer = new SafetensorsWriter();
    try (SafetensorsFile file = SafetensorsFile.open(text.resolve("model.safetensors"))) {
      file.tensors()
          .forEach(
              (name, info) ->
                  writer.add(
                      "language_model." + name, DType.F32, info.shape(), file.readFloats(name)));
    }
    writer.add("vision_tower.patch.weight", DType.F32, List.of(2L), 1, 2);
    writer.add("multi_modal_projector.norm.weight", DType.F32, List.of(2L), 1, 2);
    writer.write(both.resolve("model.safetensors"));
    assertThat(withoutTokenizer(both, temp).spec()).isEqualTo(withoutTokenizer(text, temp).spec());
    assertThat(withoutTokenizer(both, temp).tensors())
        .isEqualTo(withoutTokenizer(text, temp).tensors());
  }

  private static PackageManifest withoutTokenizer(Path source, Path models) {
    return ModelPackage.readManifest(
        IMPORTER.run(
            ImportRequest.of(source, "m").withoutTokenizer().replacing(),
            models,
            ProgressListener.NONE));
  }

  /** As in Gemma 3, whose smallest sibling has no row for the image token. */
  @Test
  void anAddedTokenBehindTheEmbeddingsDoesNotHinderTheImport(@TempDir Path temp)
      throws IOException {
    Path source = Fixtures.copyOf("models/llama_tied", temp.resolve("source"));
    ObjectNode tokenizer = (ObjectNode) Fixtures.json("models/llama_tied/tokenizer.json");
    ObjectNode token = ((ArrayNode) tokenizer.get("added_tokens")).addObject();
    token.put("id", 420).put("content", "<image_soft_token>").put("special", true);
    for (String flag : List.of("single_word", "lstrip", "rstrip", "normalized")) {
      token.put(flag, false);
    }
    Files.writeString(source.resolve("tokenizer.json"), tokenizer.toString());
    assertThat(imported(source, temp, Quantization.NONE).spec().vocabSize()).isEqualTo(420);
    token.put("id", 420 + 64);
    Files.writeString(source.resolve("tokenizer.json"), tokenizer.toString());
    assertThatThrownBy(() -> imported(source, temp, Quantization.NONE))
        .hasMessageContaining("<image_soft_token> the id 484");
  }

  @Test
  void shardsMakeTheSameModel(@TempDir Path temp) throws IOException {
    Path whole = Fixtures.path("models/llama_tied");
    Path sharded = Fixtures.copyOf("models/llama_tied", temp.resolve("llama_tied"));
    Files.delete(sharded.resolve("model.safetensors"));
    List<SafetensorsWriter> shards = List.of(new SafetensorsWriter(), new SafetensorsWriter());
    Map<String, String> index = new TreeMap<>();
    try (SafetensorsFile file = SafetensorsFile.open(whole.resolve("model.safetensors"))) {
      List<String> names = new ArrayList<>(file.tensors().keySet());
      for (int i = 0; i < names.size(); i++) {
        String name = names.get(i);
        shards.get(i % 2).add(name, DType.F32, file.tensor(name).shape(), file.readFloats(name));
        index.put(name, "model-0000%d-of-00002.safetensors".formatted(i % 2 + 1));
      }
    }
    for (int i = 0; i < 2; i++) {
      shards.get(i).write(sharded.resolve("model-0000%d-of-00002.safetensors".formatted(i + 1)));
    }
    new JsonMapper()
        .writeValue(
            sharded.resolve("model.safetensors.index.json").toFile(),
            Map.of("metadata", Map.of("total_size", 1), "weight_map", index));
    assertThat(imported(sharded, temp.resolve("a"), Quantization.AUTO))
        .isEqualTo(imported(whole, temp.resolve("b"), Quantization.AUTO));
  }

  @ParameterizedTest
  @EnumSource(names = {"F16", "BF16"})
  void halfPrecisionIsReadExactly(DType type, @TempDir Path temp) {
    Path source = Fixtures.copyOf("models/llama_tied", temp.resolve("llama_tied"));
    Path weights = source.resolve("model.safetensors");
    rewrite(Fixtures.path("models/llama_tied/model.safetensors"), weights, type, v -> v);
    Path directory = temp.resolve("models").resolve("m-NONE");
    imported(source, temp.resolve("models"), Quantization.NONE);
    try (SafetensorsFile stored = SafetensorsFile.open(weights);
        ModelPackage model = ModelPackage.open(directory)) {
      float[] expected = stored.readFloats("model.layers.1.mlp.down_proj.weight");
      PackedTensor down = model.tensor("layers.1.down");
      for (int row = 0; row < down.rows(); row++) {
        assertThat(model.dequantizedRow(down, row))
            .containsExactly(
                java.util.Arrays.copyOfRange(
                    expected, row * down.columns(), (row + 1) * down.columns()));
      }
    }
  }

  @Test
  void linearsOnTheInt4GridBecomeInt4WithoutLoss(@TempDir Path temp) {
    Path source = Fixtures.copyOf("models/llama_tied", temp.resolve("llama_tied"));
    Path weights = source.resolve("model.safetensors");
    rewrite(
        Fixtures.path("models/llama_tied/model.safetensors"),
        weights,
        DType.F16,
        HfImportTest::onGrid);
    for (Quantization quantization : List.of(Quantization.AUTO, Quantization.INT4)) {
      assertThat(imported(source, temp.resolve("models"), quantization).quantization())
          .isEqualTo("int4");
    }
    imported(source, temp.resolve("models"), Quantization.NONE);
    try (ModelPackage exact = ModelPackage.open(temp.resolve("models").resolve("m-NONE"));
        ModelPackage int4 = ModelPackage.open(temp.resolve("models").resolve("m-AUTO"))) {
      PackedTensor tensor = int4.tensor("layers.2.gate_up");
      for (int row = 0; row < tensor.rows(); row++) {
        assertThat(int4.dequantizedRow(tensor, row))
            .containsExactly(exact.dequantizedRow(exact.tensor("layers.2.gate_up"), row));
      }
    }
  }

  /** The nearest weights of the form scale * (q - 8) with a scale of few bits. */
  private static float[] onGrid(float[] values) {
    float[] grid = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      int q = i % 32 == 0 ? -8 : Math.clamp(Math.round(values[i] * 64), -8, 7);
      grid[i] = q / 64f;
    }
    return grid;
  }

  @Test
  void rowsThatAreNoMultipleOfABlockArePadded(@TempDir Path temp) {
    Path source = Fixtures.path("hostile/folders/ok");
    assertThat(imported(source, temp, Quantization.INT4).quantization()).isEqualTo("mixed");
    imported(source, temp, Quantization.NONE);
    imported(source, temp, Quantization.INT8);
    try (ModelPackage exact = ModelPackage.open(temp.resolve("m-NONE"));
        ModelPackage int8 = ModelPackage.open(temp.resolve("m-INT8"))) {
      PackedTensor tensor = int8.tensor("layers.0.qkv");
      assertThat(tensor.columns()).isEqualTo(16);
      assertThat(tensor.blocksPerRow()).isEqualTo(1);
      for (int row = 0; row < tensor.rows(); row++) {
        assertThat(int8.dequantizedRow(tensor, row))
            .containsExactly(
                exact.dequantizedRow(exact.tensor("layers.0.qkv"), row), within(0.02f));
      }
    }
  }

  @Test
  void aTiedModelMayCarryItsHeadButNotAnother(@TempDir Path temp) throws IOException {
    Path source = Fixtures.copyOf("models/llama_tied", temp.resolve("llama_tied"));
    for (float shift : new float[] {0, 1}) {
      SafetensorsWriter writer = new SafetensorsWriter();
      try (SafetensorsFile file =
          SafetensorsFile.open(Fixtures.path("models/llama_tied/model.safetensors"))) {
        file.tensors()
            .forEach(
                (name, info) -> writer.add(name, DType.F32, info.shape(), file.readFloats(name)));
        float[] head = file.readFloats("model.embed_tokens.weight");
        head[5] += shift;
        writer.add("lm_head.weight", DType.F32, List.of(420L, 96L), head);
      }
      writer.write(source.resolve("model.safetensors"));
      if (shift == 0) {
        assertThat(imported(source, temp.resolve("m"), Quantization.AUTO).spec().tiedHead())
            .isTrue();
      } else {
        assertThatThrownBy(() -> imported(source, temp.resolve("m"), Quantization.AUTO))
            .hasMessageContaining("lm_head.weight differs from model.embed_tokens.weight");
      }
    }
  }

  @Test
  void takesLicenceAndNamedTemplate(@TempDir Path temp) throws IOException {
    Path source = Fixtures.copyOf("models/llama_tied", temp.resolve("llama_tied"));
    Files.writeString(
        source.resolve("README.md"), "---\nlanguage: en\nlicense: mit\n---\nlicense: no");
    Files.writeString(
        source.resolve("tokenizer_config.json"),
        """
        {"chat_template": [{"name": "tool_use", "template": "T"}, {"name": "default", "template": "D"}],
         "bos_token": {"content": "<s>"}, "eos_token": "</s>", "add_bos_token": true}\
        """);
    PackageManifest manifest = imported(source, temp.resolve("models"), Quantization.AUTO);
    assertThat(manifest.license()).isEqualTo("mit");
    Path directory = temp.resolve("models").resolve("m-AUTO");
    assertThat(directory.resolve("chat_template.jinja")).hasContent("D");
    try (ModelPackage opened = ModelPackage.open(directory)) {
      assertThat(opened.chatTemplates()).isEqualTo(Map.of("default", "D", "tool_use", "T"));
      opened.verify();
      Files.writeString(directory.resolve("additional_chat_templates/tool_use.jinja"), "X");
      assertThatThrownBy(opened::verify).hasMessageContaining("content hash");
    }
    assertThat(directory.resolve("tokenizer_config.json"))
        .content()
        .contains(
            "\"bos_token\" : \"<s>\"", "\"eos_token\" : \"</s>\"", "\"add_bos_token\" : true");
  }

  @Test
  void templateFilesReplaceThoseOfTheConfig(@TempDir Path temp) throws IOException {
    Path source = Fixtures.copyOf("models/llama_tied", temp.resolve("llama_tied"));
    Files.createDirectories(source.resolve("additional_chat_templates"));
    Files.writeString(source.resolve("additional_chat_templates/rag.jinja"), "R");
    assertThat(templates(source, temp.resolve("a"))).isEqualTo(Map.of("rag", "R"));
    Files.writeString(source.resolve("chat_template.jinja"), "D");
    assertThat(templates(source, temp.resolve("b"))).isEqualTo(Map.of("default", "D", "rag", "R"));
    Files.writeString(source.resolve("additional_chat_templates/a b.jinja"), "R");
    assertThatThrownBy(() -> templates(source, temp.resolve("c")))
        .hasMessageContaining("chat template a b has a name of other signs");
  }

  private static Map<String, String> templates(Path source, Path models) {
    imported(source, models, Quantization.AUTO);
    try (ModelPackage opened = ModelPackage.open(models.resolve("m-AUTO"))) {
      return opened.chatTemplates();
    }
  }

  @Test
  void weightsAloneNeedToBeAskedFor(@TempDir Path models) {
    ImportRequest request = ImportRequest.of(Fixtures.path("adapters/base-llama"), "m");
    assertThatThrownBy(() -> IMPORTER.run(request, models, ProgressListener.NONE))
        .hasMessageContaining("tokenizer.json is missing");
    Path directory = IMPORTER.run(request.withoutTokenizer(), models, ProgressListener.NONE);
    assertThat(ModelPackage.readManifest(directory).eosTokenIds()).isEmpty();
    assertThat(directory.resolve("tokenizer.json")).doesNotExist();
  }

  @Test
  void namesTheSourceThatIsNotThere(@TempDir Path models) {
    assertThatThrownBy(() -> imported(models.resolve("gone.gguf"), models, Quantization.AUTO))
        .hasMessage("there is no file or folder " + models.resolve("gone.gguf"));
    assertThatThrownBy(() -> ImportRequest.of(models, "../x"))
        .hasMessageContaining("name \"../x\" must be");
    assertThat(ImportRequest.defaultName(Path.of("a", "SmolLM2-135M.Q4_1.gguf")))
        .isEqualTo("SmolLM2-135M.Q4_1");
  }
}
