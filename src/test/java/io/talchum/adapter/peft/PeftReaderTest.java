package io.talchum.adapter.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.adapter.AdapterContent;
import io.talchum.adapter.LowRankDelta;
import io.talchum.adapter.TestBases;
import io.talchum.adapter.folder.AdapterFolder;
import io.talchum.core.ContentHash;
import io.talchum.core.Linear;
import io.talchum.core.ServeException;
import io.talchum.testing.Fixtures;
import io.talchum.testing.ZeroBase;
import io.talchum.weights.DType;
import io.talchum.weights.safetensors.SafetensorsFile;
import io.talchum.weights.safetensors.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PeftReaderTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path temp;

  /**
   * A fixture with what its configuration asks for, worked out by hand.
   *
   * @param scale of a module's path
   */
  record Kind(String name, int minRank, int maxRank, int modules, ToDoubleFunction<String> scale) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Kind> kinds() {
    return Stream.of(
        new Kind("lora_qv", 4, 4, 6, path -> 2),
        new Kind("lora_all_linear", 8, 8, 21, path -> 2),
        new Kind("lora_big_rank", 64, 64, 12, path -> 0.25),
        new Kind("lora_r1", 1, 1, 6, path -> 2),
        new Kind("lora_regex", 4, 4, 4, path -> 2),
        new Kind("lora_exclude", 4, 4, 15, path -> 2),
        new Kind("lora_layers_to_transform", 4, 4, 4, path -> 2),
        new Kind("olora_converted", 8, 8, 6, path -> 1),
        new Kind("pissa_converted", 8, 8, 12, path -> 1),
        new Kind("rslora", 8, 8, 12, path -> 4 / Math.sqrt(8)),
        new Kind("lora_rank_alpha_pattern", 2, 6, 21, PeftReaderTest::patternScale));
  }

  /** r 4, alpha 8; rank_pattern and alpha_pattern as the fixture has them. */
  private static double patternScale(String path) {
    int rank = path.endsWith("q_proj") ? 2 : path.endsWith("layers.1.mlp.down_proj") ? 6 : 4;
    int alpha = path.endsWith("layers.2.self_attn.o_proj") ? 20 : path.endsWith("v_proj") ? 3 : 8;
    return (double) alpha / rank;
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void ranksModulesAndScales(Kind kind) {
    Path folder = Fixtures.path("adapters/llama/" + kind.name());

    AdapterContent adapter = new PeftReader(new ZeroBase(TestBases.LLAMA)).read(folder);

    assertThat(adapter.kind()).isEqualTo("LORA");
    assertThat(adapter.source()).isEqualTo(kind.name());
    assertThat(adapter.minRank()).isEqualTo(kind.minRank());
    assertThat(adapter.maxRank()).isEqualTo(kind.maxRank());
    assertThat(adapter.weights().maxRank()).isEqualTo(kind.maxRank());
    assertThat(adapter.modules()).isEqualTo(kind.modules());
    assertThat(adapter.weights().lowRank()).hasSize(kind.modules());
    try (SafetensorsFile file = SafetensorsFile.open(folder.resolve(AdapterFolder.WEIGHTS))) {
      for (LowRankDelta delta : adapter.weights().lowRank()) {
        String path = "model.layers." + delta.layer() + "." + delta.linear().path();
        String prefix = "base_model.model." + path;
        float[] a = file.readFloats(prefix + ".lora_A.weight");
        float[] b = file.readFloats(prefix + ".lora_B.weight");
        assertSameProduct(delta, a, b, kind.scale().applyAsDouble(path));
      }
    }
  }

  /** Compares what was read with s(BA) from the file's own numbers. */
  private static void assertSameProduct(LowRankDelta delta, float[] a, float[] b, double scale) {
    int in = TestBases.LLAMA.inputSize(delta.linear());
    int out = TestBases.LLAMA.outputSize(delta.linear());
    for (int row = 0; row < out; row += 7) {
      for (int column = 0; column < in; column += 5) {
        double expected = 0;
        double actual = 0;
        for (int k = 0; k < delta.rank(); k++) {
          expected += (double) b[row * delta.rank() + k] * a[k * in + column];
          actual +=
              (double) delta.scale()
                  * delta.b().toArray()[row * delta.rank() + k]
                  * delta.a().toArray()[k * in + column];
        }
        assertThat(actual).isCloseTo(scale * expected, within(1e-6));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void everyTensorOfTheGoldenListIsConsumed(Kind kind) {
    JsonNode golden = Fixtures.json("adapters/llama/" + kind.name() + "/golden.json");
    Set<String> listed = new HashSet<>();
    golden.get("tensors").fieldNames().forEachRemaining(listed::add);

    Set<String> consumed = new HashSet<>();
    AdapterContent adapter =
        new PeftReader(new ZeroBase(TestBases.LLAMA))
            .read(Fixtures.path("adapters/llama/" + kind.name()));
    for (LowRankDelta delta : adapter.weights().lowRank()) {
      String module =
          "base_model.model.model.layers." + delta.layer() + "." + delta.linear().path();
      consumed.add(module + ".lora_A.weight");
      consumed.add(module + ".lora_B.weight");
    }

    assertThat(consumed).isEqualTo(listed);
  }

  @Test
  void halfPrecisionIsRead() {
    float[] a = filled(64, 0.5f);
    float[] b = filled(64, -1.25f);
    for (DType type : List.of(DType.F32, DType.F16, DType.BF16)) {
      Path folder = oneModule("half-" + type, type, a, b, "");

      LowRankDelta delta =
          new PeftReader(new ZeroBase(TestBases.LLAMA)).read(folder).weights().lowRank().getFirst();

      assertThat(delta.linear()).isEqualTo(Linear.Q);
      assertThat(delta.a().toArray()).containsExactly(a);
      assertThat(delta.b().toArray()).containsExactly(b);
      assertThat(delta.scale()).isEqualTo(2f);
    }
  }

  @Test
  void doublesAreRefused() {
    Path folder = oneModule("wide", DType.F64, filled(64, 1), filled(64, 1), "");

    assertThatThrownBy(() -> new PeftReader(new ZeroBase(TestBases.LLAMA)).read(folder))
        .isInstanceOf(ServeException.class)
        .hasMessageContaining("F64")
        .hasMessageContaining("lora_A");
  }

  @Test
  void scaleThatOverflowsIsRefused() {
    Path folder =
        oneModule("loud", DType.F32, filled(64, 1), filled(64, 1e30f), ",\"lora_alpha\":1e30");

    assertThatThrownBy(() -> new PeftReader(new ZeroBase(TestBases.LLAMA)).read(folder))
        .hasMessageContaining("lora_B")
        .hasMessageContaining("scaling");
  }

  @Test
  void versionIsTheContentWhateverTheFolderIsCalled() throws IOException {
    ContentHash version = versionOf(Fixtures.path("adapters/llama/lora_qv"));
    Path copy = Fixtures.copyOf("adapters/llama/lora_qv", temp.resolve("other-name"));
    edit(copy, config -> config.put("lora_dropout", 0.1).put("base_model_name_or_path", "x"));
    Files.writeString(copy.resolve("README.md"), "other words");

    assertThat(versionOf(copy)).isEqualTo(version);
  }

  @Test
  void versionDependsOnTheScale() throws IOException {
    ContentHash version = versionOf(Fixtures.path("adapters/llama/lora_qv"));
    Path copy = Fixtures.copyOf("adapters/llama/lora_qv", temp.resolve("louder"));
    edit(copy, config -> config.put("lora_alpha", 9));

    assertThat(versionOf(copy)).isNotEqualTo(version);
  }

  @Test
  void versionDependsOnEveryByte() {
    ContentHash before = versionOf(oneModule("v1", DType.F32, filled(64, 1), filled(64, 1), ""));
    float[] b = filled(64, 1);
    b[63] = Math.nextUp(1f);

    assertThat(versionOf(oneModule("v2", DType.F32, filled(64, 1), b, ""))).isNotEqualTo(before);
  }

  @Test
  void singleSubFolderOfANamedAdapterIsTaken() {
    Path parent = temp.resolve("parent");
    Fixtures.copyOf("adapters/llama/lora_qv", createFolder(parent).resolve("support"));

    AdapterContent adapter = new PeftReader(new ZeroBase(TestBases.LLAMA)).read(parent);

    assertThat(adapter.source()).isEqualTo("parent");
    assertThat(adapter.version()).isEqualTo(versionOf(Fixtures.path("adapters/llama/lora_qv")));
  }

  @Test
  void severalSubFoldersAreAmbiguous() {
    Path parent = createFolder(temp.resolve("parent"));
    Fixtures.copyOf("adapters/llama/lora_qv", parent.resolve("one"));
    Fixtures.copyOf("adapters/llama/lora_r1", parent.resolve("two"));

    assertThatThrownBy(() -> new PeftReader(new ZeroBase(TestBases.LLAMA)).read(parent))
        .hasMessageContaining("one, two");
  }

  @Test
  void addedTokensAreNotIgnored() throws IOException {
    Path folder = Fixtures.copyOf("adapters/llama/lora_qv", temp.resolve("folder"));
    Files.writeString(folder.resolve("new_embeddings.safetensors"), "x");

    assertThatThrownBy(() -> new PeftReader(new ZeroBase(TestBases.LLAMA)).read(folder))
        .hasMessageContaining("new_embeddings.safetensors");
  }

  /** Rank 1 on layer 0's q_proj, alpha 2 unless the configuration says otherwise. */
  private Path oneModule(String name, DType type, float[] a, float[] b, String more) {
    Path folder = createFolder(temp.resolve(name));
    String module = "base_model.model.model.layers.0.self_attn.q_proj";
    new SafetensorsWriter()
        .add(module + ".lora_A.weight", type, List.of(1L, 64L), a)
        .add(module + ".lora_B.weight", type, List.of(64L, 1L), b)
        .write(folder.resolve(AdapterFolder.WEIGHTS));
    String alpha = more.contains("lora_alpha") ? "" : ",\"lora_alpha\":2";
    return write(
        folder,
        "{\"peft_type\":\"LORA\",\"r\":1,\"target_modules\":[\"layers.0.self_attn.q_proj\"]"
            + alpha
            + more
            + "}");
  }

  private static Path write(Path folder, String config) {
    try {
      Files.writeString(folder.resolve(AdapterFolder.CONFIG), config);
      return folder;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static Path createFolder(Path folder) {
    try {
      return Files.createDirectories(folder);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private interface Edit {
    void apply(ObjectNode config);
  }

  private static void edit(Path folder, Edit edit) throws IOException {
    JsonMapper mapper = new JsonMapper();
    Path file = folder.resolve(AdapterFolder.CONFIG);
    ObjectNode config = (ObjectNode) mapper.readTree(file.toFile());
    edit.apply(config);
    mapper.writeValue(file.toFile(), config);
  }

  private static ContentHash versionOf(Path folder) {
    return new PeftReader(new ZeroBase(TestBases.LLAMA)).read(folder).version();
  }

  private static float[] filled(int length, float value) {
    float[] values = new float[length];
    java.util.Arrays.fill(values, value);
    return values;
  }
}
