package io.talchum.weights.pack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.talchum.core.AttentionSpec;
import io.talchum.core.ModelSpec;
import io.talchum.core.RopeSpec;
import io.talchum.testing.Families;
import io.talchum.testing.Fixtures;
import io.talchum.weights.gguf.GgufFromHf;
import io.talchum.weights.gguf.GgufWriter;
import io.talchum.weights.quantize.Quantization;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A GGUF file of each family gives the same model as the folder that it was converted from. */
class GgufFamilyTest {
  private static final ModelImporter IMPORTER = new ModelImporter();

  private static ModelPackage imported(Path source, String name, Path models) {
    return ModelPackage.open(
        IMPORTER.run(
            ImportRequest.of(source, name)
                .quantized(Quantization.NONE, Quantization.NONE)
                .withoutTokenizer(),
            models,
            ProgressListener.NONE));
  }

  /** All but llama31, whose stretched frequencies a recorded file holds (GgufImportTest). */
  static Stream<String> families() {
    return Families.all().filter(family -> !family.equals("llama31"));
  }

  @ParameterizedTest
  @MethodSource("families")
  void givesTheSameTensors(String family, @TempDir Path models) {
    Path file = GgufFromHf.write(family, models.resolve(family + ".gguf"));
    Path folder = Fixtures.path("models/" + family);
    try (ModelPackage hub = imported(folder, "hub", models);
        ModelPackage gguf = imported(file, "gguf", models)) {
      assertSame(hub.manifest().spec(), gguf.manifest().spec());
      assertThat(names(gguf)).isEqualTo(names(hub));
      for (PackedTensor tensor : hub.manifest().tensors()) {
        for (int row = 0; row < tensor.rows(); row++) {
          assertThat(gguf.dequantizedRow(gguf.tensor(tensor.name()), row))
              .as("%s row %d", tensor.name(), row)
              .containsExactly(hub.dequantizedRow(tensor, row));
        }
      }
    }
  }

  private static List<String> names(ModelPackage model) {
    return model.manifest().tensors().stream().map(PackedTensor::name).toList();
  }

  /**
   * Apart from what the converter leaves out: the windows of Mistral and StarCoder 2, and Gemma's
   * scale, which follows from the head size.
   */
  private static void assertSame(ModelSpec hub, ModelSpec gguf) {
    List<String> unsaid =
        new ArrayList<>(List.of("attention.rope", "attention.windowRope", "scales"));
    switch (hub.architecture()) {
      case "MistralForCausalLM" -> {
        assertThat(gguf.architecture()).isEqualTo("LlamaForCausalLM");
        unsaid.addAll(List.of("architecture", "attention.window", "attention.windowLayers"));
      }
      case "Starcoder2ForCausalLM" ->
          unsaid.addAll(List.of("attention.window", "attention.windowLayers"));
      case "Gemma2ForCausalLM", "Gemma3ForCausalLM" -> {
        assertThat(gguf.attention().scale()).isEqualTo((float) (1 / Math.sqrt(hub.headDim())));
        unsaid.add("attention.scale");
      }
      default -> {}
    }
    assertThat(gguf)
        .usingRecursiveComparison()
        .ignoringFields(unsaid.toArray(String[]::new))
        .isEqualTo(hub);
    assertThat(gguf.scales()).isEqualTo(hub.scales());
    assertSameRope(hub.attention().rope(), gguf.attention().rope());
    assertSameRope(hub.attention().windowRope(), gguf.attention().windowRope());
  }

  private static void assertSameRope(RopeSpec hub, RopeSpec gguf) {
    assertThat(gguf.shortTokens()).isEqualTo(hub.shortTokens());
    assertThat(gguf.attentionFactor()).isCloseTo(hub.attentionFactor(), within(1e-6));
    assertSameNumbers(hub.inverseFrequencies(), gguf.inverseFrequencies());
    assertSameNumbers(hub.longInverseFrequencies(), gguf.longInverseFrequencies());
  }

  private static void assertSameNumbers(List<Double> hub, List<Double> gguf) {
    assertThat(gguf).hasSameSizeAs(hub);
    for (int i = 0; i < hub.size(); i++) {
      assertThat(gguf.get(i)).isCloseTo(hub.get(i), within(1e-6 * hub.get(i)));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"mistral", "starcoder2", "gemma2"})
  void takesWindowsAndScalesFromTheirKeys(String family, @TempDir Path models) {
    Path file = GgufFromHf.writeWithAllKeys(family, models.resolve(family + ".gguf"));
    try (ModelPackage hub = imported(Fixtures.path("models/" + family), "hub", models);
        ModelPackage gguf = imported(file, "gguf", models)) {
      AttentionSpec expected = hub.manifest().spec().attention();
      AttentionSpec attention = gguf.manifest().spec().attention();
      assertThat(attention.window()).isEqualTo(expected.window()).isPositive();
      assertThat(attention.windowLayers()).isEqualTo(expected.windowLayers());
      assertThat(attention.scale()).isEqualTo(expected.scale());
    }
  }

  @Test
  void takesTheWindowedLayersFromAList(@TempDir Path models) {
    GgufWriter writer = GgufFromHf.writer("qwen3").put("qwen3.attention.sliding_window", 5);
    int layers = Fixtures.json("models/qwen3/config.json").get("num_hidden_layers").asInt();
    boolean[] list = new boolean[layers];
    list[1] = true;
    writer.put("qwen3.attention.sliding_window_pattern", list);
    try (ModelPackage gguf = imported(writer.write(models.resolve("q.gguf")), "q", models)) {
      AttentionSpec attention = gguf.manifest().spec().attention();
      assertThat(attention.window()).isEqualTo(5);
      assertThat(attention.windowLayers()).containsExactly(1);
    }
  }

  @Test
  void guessesNoWindowedLayers(@TempDir Path models) {
    Path file =
        GgufFromHf.writer("olmo2")
            .put("olmo2.attention.sliding_window", 5)
            .write(models.resolve("o.gguf"));
    assertThatThrownBy(() -> imported(file, "o", models))
        .hasMessageContaining("olmo2.attention.sliding_window 5 without the list");
    Path other =
        GgufFromHf.writer("qwen3")
            .put("qwen3.attention.sliding_window", 5)
            .put("qwen3.attention.sliding_window_pattern", new boolean[] {true})
            .write(models.resolve("q.gguf"));
    assertThatThrownBy(() -> imported(other, "q", models))
        .hasMessageContaining("qwen3.attention.sliding_window_pattern lists 1 layers");
  }

  @Test
  void namesTheArchitecturesThatItKnows(@TempDir Path folder) {
    Path file =
        new GgufWriter().put("general.architecture", "mamba").write(folder.resolve("m.gguf"));
    assertThatThrownBy(() -> imported(file, "m", folder))
        .hasMessageContaining(
            "general.architecture mamba is not supported; supported: llama, qwen2, qwen3, gemma2,"
                + " gemma3, phi3, olmo2, granite, starcoder2");
  }
}
