package io.talchum.model.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.talchum.adapter.AdapterContent;
import io.talchum.adapter.PackageWeights;
import io.talchum.adapter.ResidentAdapter;
import io.talchum.core.ServeException;
import io.talchum.testing.Fixtures;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.quantize.Quantization;
import io.talchum.wiring.AdapterReaders;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every adapter kind that is served, straight from its folder, against the numbers of the library
 * that wrote it: alone, and in a batch in which each row has another kind.
 */
@Tag("shared")
class AdapterKindsTest {
  private static final float TOLERANCE = 1e-4f;

  private final Path folder;

  AdapterKindsTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private static final List<String> FAMILIES =
      List.of("llama", "llama_untied", "qwen2", "qwen3", "mistral", "gemma3_text");

  /** Folders that are refused, each with a word of the reason. */
  private static final Map<String, String> REFUSED =
      Map.of(
          "llama-extra/frod", "FROD",
          "llama-extra/layer_replication", "layer_replication",
          "llama-extra/lily", "LILY",
          "llama-extra/psoft", "PSOFT",
          "llama-extra/shadow", "SHADOW",
          "llama-extra/tinylora", "TINYLORA",
          "llama-extra/unilora", "UNILORA",
          "llama-extra/waveft", "WAVEFT");

  static List<String> folders() throws IOException {
    List<String> folders = new ArrayList<>();
    for (String parent : Stream.concat(FAMILIES.stream(), Stream.of("llama-extra")).toList()) {
      try (Stream<Path> kinds = Files.list(Fixtures.shared("adapters/" + parent))) {
        kinds.map(kind -> parent + "/" + kind.getFileName()).sorted().forEach(folders::add);
      }
    }
    folders.removeAll(REFUSED.keySet());
    assertThat(folders).hasSizeGreaterThan(100);
    return folders;
  }

  static Set<String> refused() {
    return REFUSED.keySet();
  }

  @ParameterizedTest
  @MethodSource("refused")
  void whatIsNotServedIsRefusedByName(String adapter) {
    try (ModelPackage model = base(familyOf(adapter))) {
      assertThatThrownBy(() -> read(model, adapter))
          .isInstanceOf(ServeException.class)
          .hasMessageContaining(REFUSED.getOrDefault(adapter, adapter));
    }
  }

  @ParameterizedTest
  @MethodSource("folders")
  void givesTheRecordedLogitsAndText(String adapter) {
    try (ModelPackage model = base(familyOf(adapter));
        OnnxModelExecutor executor = TinyModels.exact(model, 1);
        ResidentAdapter resident = prepared(model, executor, adapter);
        Fixtures.Goldens goldens = goldens(adapter)) {
      for (int p = 0; p < 3; p++) {
        executor.bind(0, resident);
        int[] prompt = goldens.ints("prompt" + p + ".ids");
        assertThat(
                TinyModels.maxDifference(
                    TinyModels.prefill(executor, 0, prompt, pieceOf(adapter)),
                    goldens.rows("prompt" + p + ".logits")))
            .as("prompt %d", p)
            .isLessThan(toleranceOf(adapter));
        if (isCausal(adapter)) {
          executor.bind(0, resident);
          int[] greedy = goldens.ints("prompt" + p + ".greedy");
          assertThat(TinyModels.greedy(executor, prompt, greedy.length)).isEqualTo(greedy);
        }
      }
    }
  }

  /** Gates that average over a prompt read it whole, and then go on otherwise than recorded. */
  private static boolean isCausal(String adapter) {
    return !golden(adapter).path("not_causal").asBoolean();
  }

  private static int pieceOf(String adapter) {
    return isCausal(adapter) ? 16 : 64;
  }

  /** PEFT decomposed the base in single precision, the reader in double. */
  private static float toleranceOf(String adapter) {
    return adapter.endsWith("pissa_unconverted") ? 2 * TOLERANCE : TOLERANCE;
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "llama_untied", "qwen2", "qwen3", "mistral", "gemma3_text"})
  void givesThemInABatchOfAllKinds(String family) throws IOException {
    List<String> kinds =
        folders().stream().filter(f -> familyOf(f).equals(family) && isCausal(f)).toList();
    try (ModelPackage model = base(family);
        OnnxModelExecutor executor = TinyModels.exact(model, kinds.size())) {
      List<ResidentAdapter> residents = new ArrayList<>();
      int[][] prompts = new int[kinds.size()][];
      int[][] greedy = new int[kinds.size()][];
      for (int slot = 0; slot < prompts.length; slot++) {
        residents.add(prepared(model, executor, kinds.get(slot)));
        executor.bind(slot, residents.get(slot));
        try (Fixtures.Goldens goldens = goldens(kinds.get(slot))) {
          prompts[slot] = goldens.ints("prompt" + slot % 3 + ".ids");
          greedy[slot] = goldens.ints("prompt" + slot % 3 + ".greedy");
        }
        float[][] logits = TinyModels.prefill(executor, slot, prompts[slot], 16);
        assertThat(TinyModels.argmax(logits[logits.length - 1])).isEqualTo(greedy[slot][0]);
      }
      for (int step = 0; step + 1 < greedy[0].length; step++) {
        assertThat(decode(executor, prompts, greedy, step)).as("step %d", step).isEmpty();
      }
      residents.forEach(ResidentAdapter::close);
    }
  }

  /** Feeds each row its token of this step; the slots whose next token is another than recorded. */
  private static List<Integer> decode(
      OnnxModelExecutor executor, int[][] prompts, int[][] greedy, int step) {
    int[] tokens = new int[prompts.length];
    int[] positions = new int[prompts.length];
    for (int slot = 0; slot < prompts.length; slot++) {
      tokens[slot] = greedy[slot][step];
      positions[slot] = prompts[slot].length + step;
    }
    var logits = executor.decode(tokens, positions);
    List<Integer> wrong = new ArrayList<>();
    for (int slot = 0; slot < prompts.length; slot++) {
      if (TinyModels.argmax(TinyModels.row(logits, slot)) != greedy[slot][step + 1]) {
        wrong.add(slot);
      }
    }
    return wrong;
  }

  private static String familyOf(String adapter) {
    return adapter.substring(0, adapter.indexOf('/')).replace("-extra", "");
  }

  private static Fixtures.Goldens goldens(String adapter) {
    return Fixtures.goldens(Fixtures.shared("adapters/" + adapter).resolve("golden.safetensors"));
  }

  private static JsonNode golden(String adapter) {
    try {
      return new JsonMapper()
          .readTree(Fixtures.shared("adapters/" + adapter).resolve("golden.json").toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ResidentAdapter prepared(
      ModelPackage model, OnnxModelExecutor executor, String adapter) {
    AdapterContent content = read(model, adapter);
    return executor.prepare(
        content.variants().isEmpty()
            ? content.weights()
            : content.variants().get(golden(adapter).get("task_ids").asInt()));
  }

  private static AdapterContent read(ModelPackage model, String adapter) {
    return AdapterReaders.of(new PackageWeights(model))
        .read(Fixtures.shared("adapters/" + adapter));
  }

  private ModelPackage base(String family) {
    return TinyModels.imported(
        Fixtures.shared("adapters/base-" + family),
        family,
        Quantization.NONE,
        Quantization.NONE,
        folder);
  }
}
