package io.talchum.model.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.adapter.AdapterContent;
import io.talchum.adapter.AdapterId;
import io.talchum.adapter.PackageWeights;
import io.talchum.adapter.ResidentAdapter;
import io.talchum.adapter.mix.AdapterMix;
import io.talchum.adapter.mix.Combination;
import io.talchum.adapter.mix.CombinedLora;
import io.talchum.adapter.mix.LoraFolder;
import io.talchum.adapter.mix.MixPart;
import io.talchum.adapter.peft.PeftReader;
import io.talchum.testing.Fixtures;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.quantize.Quantization;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Mixes against the numbers of PEFT's {@code add_weighted_adapter}. */
@Tag("shared")
class AdapterMixGoldenTest {
  private static final float TOLERANCE = 1e-4f;
  private static final double[] WEIGHTS = {0.5, 0.3, 0.2};

  private final Path folder;
  private ModelPackage model;
  private OnnxModelExecutor executor;

  AdapterMixGoldenTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @BeforeEach
  void open() {
    model =
        TinyModels.imported(
            Fixtures.shared("adapters/base-llama"),
            "llama",
            Quantization.NONE,
            Quantization.NONE,
            folder);
    executor = TinyModels.exact(model, 3);
  }

  @AfterEach
  void close() {
    executor.close();
    model.close();
  }

  @Test
  void theWeightedSumIsCat() {
    try (ResidentAdapter mix = executor.prepare(mix("one_a", "one_b", "one_c").weights())) {
      assertGolden(mix, "cat");
    }
  }

  /** Row by row among the base and one of the parts. */
  @Test
  void theSumInABatchIsTheSumAlone() {
    try (ResidentAdapter mix = executor.prepare(mix("one_a", "one_b", "one_c").weights());
        ResidentAdapter part = executor.prepare(read("one_b").weights());
        Fixtures.Goldens goldens = goldens("cat")) {
      int[] prompt = goldens.ints("prompt1.ids");
      int[] greedy = goldens.ints("prompt1.greedy");
      executor.bind(0, part);
      executor.bind(1, mix);
      for (int slot = 0; slot < 3; slot++) {
        float[][] unused = TinyModels.prefill(executor, slot, prompt, 16);
      }
      for (int step = 0; step + 1 < greedy.length; step++) {
        int token = greedy[step];
        int at = prompt.length + step;
        var logits = executor.decode(new int[] {token, token, token}, new int[] {at, at, at});
        assertThat(TinyModels.argmax(TinyModels.row(logits, 1))).isEqualTo(greedy[step + 1]);
        assertThat(TinyModels.row(logits, 1)).isNotEqualTo(TinyModels.row(logits, 0));
      }
    }
  }

  /** Written as a folder and read again. */
  @ParameterizedTest
  @CsvSource({"cat,one,,", "linear,two,,", "ties,two,0.5,", "dare_linear,two,0.6,101"})
  void combinationsGivePeftsLogits(String type, String members, Double density, Long seed)
      throws IOException {
    LoraFolder made =
        CombinedLora.of(
            parts(members + "_a", members + "_b", members + "_c"),
            Combination.of(type, density, null, seed),
            executor.spec());
    Path saved = Files.createDirectory(folder.resolve("saved"));
    ByteArrayOutputStream weights = new ByteArrayOutputStream();
    made.weights("", weights::write);
    Files.write(saved.resolve(LoraFolder.WEIGHTS), weights.toByteArray());
    Files.write(saved.resolve(LoraFolder.CONFIG), made.config("llama"));
    AdapterContent content = new PeftReader(new PackageWeights(model)).read(saved);
    try (ResidentAdapter resident = executor.prepare(content.weights())) {
      assertGolden(resident, type);
    }
  }

  private AdapterContent mix(String... names) {
    AdapterMix mix = new AdapterMix(parts(names));
    return mix.read(mix.id());
  }

  private List<MixPart> parts(String... names) {
    List<MixPart> parts = new ArrayList<>();
    for (int i = 0; i < names.length; i++) {
      AdapterContent content = read(names[i]);
      parts.add(
          new MixPart(
              new AdapterId(names[i], content.version()), WEIGHTS[i], () -> content, () -> 0));
    }
    return parts;
  }

  private AdapterContent read(String name) {
    return new PeftReader(new PackageWeights(model))
        .read(Fixtures.shared("adapters/llama-mix/" + name));
  }

  private void assertGolden(ResidentAdapter resident, String golden) {
    try (Fixtures.Goldens goldens = goldens(golden)) {
      for (int p = 0; p < 3; p++) {
        executor.bind(0, resident);
        int[] prompt = goldens.ints("prompt" + p + ".ids");
        assertThat(
                TinyModels.maxDifference(
                    TinyModels.prefill(executor, 0, prompt, 16),
                    goldens.rows("prompt" + p + ".logits")))
            .as("prompt %d", p)
            .isLessThan(TOLERANCE);
      }
    }
  }

  private static Fixtures.Goldens goldens(String name) {
    return Fixtures.goldens(
        Fixtures.shared("adapters/llama-mix").resolve("golden_" + name + ".safetensors"));
  }
}
