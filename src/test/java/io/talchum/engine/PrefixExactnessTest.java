package io.talchum.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.model.ModelExecutor;
import io.talchum.model.onnx.ExecutorOptions;
import io.talchum.model.onnx.KvCalibration;
import io.talchum.model.onnx.OnnxModelExecutor;
import io.talchum.model.onnx.Placement;
import io.talchum.model.onnx.kv.KvScales;
import io.talchum.testing.Fixtures;
import io.talchum.weights.pack.ImportRequest;
import io.talchum.weights.pack.ModelImporter;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.pack.ProgressListener;
import io.talchum.weights.quantize.Quantization;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Real models with and without the prefix cache. Blocks that were read as a prompt leave every bit
 * as it is; those that were generated differ from it by the rounding of another order of addition.
 */
class PrefixExactnessTest {
  private static final int CONTEXT = 128;
  private static final float ROUNDING = 1e-4f;

  @TempDir private Path folder;

  @ParameterizedTest
  @MethodSource("io.talchum.testing.Families#all")
  void reusedPromptsKeepEveryBit(String family) {
    try (ModelPackage model = imported("models/" + family)) {
      int[] calibration = new int[100];
      Arrays.setAll(calibration, i -> (37 * i + 11) % model.manifest().spec().vocabSize());
      KvScales int8 = KvCalibration.run(model, List.of(calibration), 2);
      for (KvScales scales : List.of(KvScales.NONE, int8)) {
        try (OnnxModelExecutor executor = executor(model, scales)) {
          assertThat(new PrefixComparison(executor, 0).secondRequest()).isZero();
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"HOST", "HOST_HALF", "HOST_RECORDING"})
  void reusedPromptsKeepEveryBitOnTheGraphForDevices(Placement placement) {
    for (String family : List.of("llama", "gemma3", "phi3_longrope")) {
      try (ModelPackage model = imported("models/" + family);
          ModelExecutor executor = placement.open(model, 2, CONTEXT, 64)) {
        assertThat(new PrefixComparison(executor, 0).secondRequest()).as(family).isZero();
      }
    }
  }

  /** Beyond 64 tokens this model turns all of a prompt's keys otherwise. */
  @Test
  void promptsOnBothSidesOfALengthShareNothing() {
    try (ModelPackage model = imported("models/phi3_longrope");
        OnnxModelExecutor executor = executor(model, KvScales.NONE)) {
      PrefixComparison prefixes = new PrefixComparison(executor, 0);
      int threshold = model.manifest().spec().attention().rope().shortTokens();
      int[] text = prefixes.text(1, threshold + 20);
      int[] around = Arrays.copyOf(text, threshold);
      RecordingSink alone = prefixes.answerOnce(around);
      RecordingSink aloneLong = prefixes.answerOnce(text);
      try (Engine caching = prefixes.engine(true)) {
        prefixes.answer(caching, text, null);
        RecordingSink shorter = prefixes.answer(caching, around, null);
        assertThat(shorter.finished().cachedTokens()).isZero();
        assertThat(shorter.tokens).isEqualTo(alone.tokens);
        RecordingSink longer = prefixes.answer(caching, text, null);
        assertThat(longer.finished().cachedTokens()).isPositive();
        assertThat(longer.tokens).isEqualTo(aloneLong.tokens);
      }
    }
  }

  @Test
  void anAnswerThatBecomesAPromptIsReusedWithinRounding() {
    try (ModelPackage model = imported("models/llama");
        OnnxModelExecutor executor = executor(model, KvScales.NONE)) {
      PrefixComparison prefixes = new PrefixComparison(executor, 0);
      int[] question = prefixes.text(1, 50);
      RecordingSink reused;
      int[] turn;
      try (Engine caching = prefixes.engine(true)) {
        int[] answer =
            prefixes.answer(caching, question, null).tokenIds().stream().mapToInt(i -> i).toArray();
        turn =
            PrefixComparison.joined(
                PrefixComparison.joined(question, answer), prefixes.text(2, 10));
        reused = prefixes.answer(caching, turn, null);
      }
      assertThat(reused.finished().cachedTokens()).isEqualTo(64);
      assertThat(prefixes.difference(prefixes.answerOnce(turn), reused)).isLessThan(ROUNDING);
    }
  }

  /** One name, three contents, one prompt: each as if there were nothing else. */
  @ParameterizedTest
  @EnumSource(names = {"CPU", "HOST", "HOST_HALF", "HOST_RECORDING"})
  void versionsOfAnAdapterNeverMix(Placement placement) {
    try (ModelPackage model = imported("adapters/base-llama");
        ModelExecutor executor = placement.open(model, 2, CONTEXT, 64)) {
      assertThat(new PrefixComparison(executor, 0).versionsOfAnAdapter()).isZero();
    }
  }

  private static OnnxModelExecutor executor(ModelPackage model, KvScales scales) {
    return OnnxModelExecutor.open(model, new ExecutorOptions(2, CONTEXT, 64, 2, false, scales));
  }

  private ModelPackage imported(String fixture) {
    ImportRequest source =
        ImportRequest.of(Fixtures.path(fixture), fixture.replaceAll("[^a-z0-9]", "-"))
            .quantized(Quantization.NONE, Quantization.NONE)
            .withoutTokenizer();
    return ModelPackage.open(new ModelImporter().run(source, folder, ProgressListener.NONE));
  }
}
