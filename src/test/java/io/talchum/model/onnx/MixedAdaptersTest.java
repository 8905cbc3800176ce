package io.talchum.model.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.adapter.AdapterWeights;
import io.talchum.adapter.LowRankDelta;
import io.talchum.adapter.PackageWeights;
import io.talchum.adapter.ResidentAdapter;
import io.talchum.adapter.peft.PeftReader;
import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;
import io.talchum.model.onnx.GoldenComparison.Keys;
import io.talchum.testing.Fixtures;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.quantize.Quantization;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Adapters against PEFT's numbers, alone and mixed in one batch. */
class MixedAdaptersTest {
  private static final float TOLERANCE = 1e-4f;

  private final Path folder;

  MixedAdaptersTest(@TempDir Path folder) {
    this.folder = folder;
  }

  /** All LoRA fixtures. */
  static Stream<String> loraFolders() throws Exception {
    List<String> found = new ArrayList<>();
    for (String family : List.of("llama", "llama_untied")) {
      Path root = Fixtures.path("adapters").resolve(family);
      if (Files.isDirectory(root)) {
        try (Stream<Path> kinds = Files.list(root)) {
          kinds
              .filter(kind -> !kind.endsWith("refused_xlora"))
              .sorted()
              .forEach(kind -> found.add(family + "/" + kind.getFileName()));
        }
      }
    }
    return found.stream();
  }

  @ParameterizedTest
  @MethodSource("loraFolders")
  void everyLoraFolderGivesPeftsLogitsAndText(String adapter) {
    String family = adapter.substring(0, adapter.indexOf('/'));
    check(Fixtures.path("adapters/base-" + family), Fixtures.path("adapters/" + adapter));
  }

  @Tag("shared")
  @ParameterizedTest
  @ValueSource(
      strings = {
        "gemma3_text/lora_all_linear",
        "gemma3_text/lora_qv",
        "gemma3_text/rslora",
        "mistral/lora_all_linear",
        "mistral/lora_qv",
        "qwen2/lora_all_linear",
        "qwen2/lora_qv",
        "qwen2/rslora",
        "qwen3/lora_all_linear",
        "qwen3/lora_qv",
        "qwen3/lora_rank_alpha_pattern"
      })
  void otherFamiliesGivePeftsLogitsAndText(String adapter) {
    String family = adapter.substring(0, adapter.indexOf('/'));
    check(Fixtures.shared("adapters/base-" + family), Fixtures.shared("adapters/" + adapter));
  }

  private void check(Path base, Path adapter) {
    try (ModelPackage model =
            TinyModels.imported(base, "base", Quantization.NONE, Quantization.NONE, folder);
        OnnxModelExecutor executor = TinyModels.exact(model, 1);
        ResidentAdapter resident =
            executor.prepare(new PeftReader(new PackageWeights(model)).read(adapter).weights());
        Fixtures.Goldens goldens = Fixtures.goldens(adapter.resolve("golden.safetensors"))) {
      executor.bind(0, resident);
      GoldenComparison.logits(
          executor,
          0,
          goldens,
          Keys.ADAPTER,
          3,
          new int[] {16},
          (what, difference, largest) -> assertThat(difference).as(what).isLessThan(TOLERANCE));
      GoldenComparison.texts(executor, goldens, Keys.ADAPTER, 3);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"NONE", "INT8"})
  void eachRowOfAMixedBatchEqualsItsRunAlone(Quantization quantization) throws Exception {
    List<String> kinds = loraFolders().filter(a -> a.startsWith("llama/")).toList();
    int slots = kinds.size() + 2;
    try (ModelPackage model =
            TinyModels.imported("adapters/base-llama", quantization, quantization, folder);
        OnnxModelExecutor executor = TinyModels.exact(model, slots)) {
      List<@Nullable ResidentAdapter> adapters = new ArrayList<>();
      kinds.forEach(kind -> adapters.add(TinyModels.adapter(executor, "adapters/" + kind)));
      adapters.add(1, null);
      adapters.add(null);
      assertThat(new MixedBatch(executor, adapters).largestDifference(0)).isLessThan(TOLERANCE);
      adapters.stream().filter(a -> a != null).forEach(ResidentAdapter::close);
    }
  }

  @Test
  void zeroBIsTheBaseBitForBit() {
    try (ModelPackage model = base("llama");
        OnnxModelExecutor executor = TinyModels.exact(model, 1);
        ResidentAdapter neutral = executor.prepare(zeroB(executor.spec()))) {
      int[] prompt = {3, 1, 4, 1, 5, 9, 2, 6};
      float[][] base = TinyModels.prefill(executor, 0, prompt, 8);
      executor.bind(0, neutral);
      assertThat(TinyModels.prefill(executor, 0, prompt, 8)).isDeepEqualTo(base);
    }
  }

  @Test
  void copyingASlotCopiesItsKvAndItsAdapter() {
    try (ModelPackage model = base("llama");
        OnnxModelExecutor executor = TinyModels.exact(model, 3);
        ResidentAdapter adapter = TinyModels.adapter(executor, "adapters/llama/lora_all_linear")) {
      int[] prompt = {3, 1, 4, 1, 5, 9, 2, 6};
      executor.bind(2, adapter);
      TinyModels.prefill(executor, 2, prompt, 8);
      executor.copySlot(2, 0, prompt.length);
      executor.release(2);
      float[] moved = TinyModels.row(executor.decode(new int[] {7}, new int[] {8}), 0);
      executor.bind(1, adapter);
      int[] whole = {3, 1, 4, 1, 5, 9, 2, 6, 7};
      assertThat(
              TinyModels.maxDifference(
                  moved, TinyModels.prefill(executor, 1, whole, 9)[prompt.length]))
          .isLessThan(TOLERANCE);
    }
  }

  private ModelPackage base(String family) {
    return TinyModels.imported(
        "adapters/base-" + family, Quantization.NONE, Quantization.NONE, folder);
  }

  private static AdapterWeights zeroB(ModelSpec spec) {
    List<LowRankDelta> deltas = new ArrayList<>();
    for (int layer = 0; layer < spec.layers(); layer++) {
      for (Linear linear : Linear.values()) {
        float[] a = new float[4 * spec.inputSize(linear)];
        java.util.Arrays.fill(a, 0.7f);
        deltas.add(
            new LowRankDelta(layer, linear, 4, 2f, a, new float[4 * spec.outputSize(linear)]));
      }
    }
    return AdapterWeights.of(deltas);
  }
}
