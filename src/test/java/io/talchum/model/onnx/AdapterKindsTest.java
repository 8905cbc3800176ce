package io.talchum.model.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.adapter.PackageWeights;
import io.talchum.adapter.ResidentAdapter;
import io.talchum.testing.Fixtures;
import io.talchum.weights.ModelPackage;
import io.talchum.weights.Quantization;
import io.talchum.wiring.AdapterReaders;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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

  static List<String> folders() {
    return List.of(
        "llama/adalora",
        "llama/delora",
        "llama/hra",
        "llama/hub_lora",
        "llama/hra_gram_schmidt",
        "llama/loha",
        "llama/miss",
        "llama/miss_mini",
        "llama/olora_converted",
        "llama/pissa_converted",
        "llama/pissa_unconverted",
        "llama/randlora",
        "llama/rslora",
        "llama/vblora",
        "llama/vblora_topk_only",
        "llama/vera_regenerated",
        "llama/vera_saved",
        "llama-extra/lora_orthogonal_init",
        "llama-extra/lora_target_parameters",
        "llama-extra/olora_unconverted");
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
                    TinyModels.prefill(executor, 0, prompt, 16),
                    goldens.rows("prompt" + p + ".logits")))
            .as("prompt %d", p)
            .isLessThan(toleranceOf(adapter));
        int[] greedy = goldens.ints("prompt" + p + ".greedy");
        assertThat(TinyModels.greedy(executor, prompt, greedy.length)).isEqualTo(greedy);
      }
    }
  }

  /** PEFT decomposed the base in single precision, the reader in double. */
  private static float toleranceOf(String adapter) {
    return adapter.endsWith("pissa_unconverted") ? 2 * TOLERANCE : TOLERANCE;
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama"})
  void givesThemInABatchOfAllKinds(String family) {
    List<String> kinds = folders().stream().filter(f -> familyOf(f).equals(family)).toList();
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

  private static ResidentAdapter prepared(
      ModelPackage model, OnnxModelExecutor executor, String adapter) {
    return executor.prepare(
        AdapterReaders.of(new PackageWeights(model))
            .read(Fixtures.shared("adapters/" + adapter))
            .weights());
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
