package io.talchum.model.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.core.ProductPrecision;
import io.talchum.model.StepLogits;
import io.talchum.model.onnx.kv.KvScales;
import io.talchum.testing.Fixtures;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.quantize.Quantization;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What rounding the inputs of products changes in whole models of every family. */
class ProductPrecisionTest {
  private static final int PROMPTS = 4;
  private static final int GENERATED = 24;

  /** Of logits: nothing that is further apart changes places with two digits. */
  private static final float MARGIN = 0.01f;

  @ParameterizedTest
  @MethodSource("io.talchum.testing.Families#all")
  void twoDigitsAreNearExactAndOneIsClose(String family, @TempDir Path folder) {
    try (ModelPackage model =
            TinyModels.imported("models/" + family, Quantization.INT4, Quantization.INT8, folder);
        OnnxModelExecutor exact = executor(model, ProductPrecision.EXACT);
        OnnxModelExecutor int16 = executor(model, ProductPrecision.INT16);
        OnnxModelExecutor int8 = executor(model, ProductPrecision.INT8);
        Fixtures.Goldens goldens = Fixtures.goldens("models/" + family + "/golden.safetensors")) {
      LogitDifference two = compare(exact, int16, goldens);
      assertThat(two.largest()).isLessThan(MARGIN / 2);
      assertThat(two.klDivergence()).isLessThan(1e-7);
      assertThat(two.sameTop()).isGreaterThan(0.98); // but where two are nearly equal
      assertSameText(exact, int16, goldens);
      LogitDifference one = compare(exact, int8, goldens);
      assertThat(one.largest()).isBetween(MARGIN, 1f); // else it is not what is compared
      assertThat(one.klDivergence()).isLessThan(5e-3);
      assertThat(one.sameTop()).isGreaterThan(0.9);
    }
  }

  private static LogitDifference compare(
      OnnxModelExecutor exact, OnnxModelExecutor rounded, Fixtures.Goldens goldens) {
    LogitDifference difference = new LogitDifference();
    for (int p = 0; p < PROMPTS; p++) {
      int[] prompt = goldens.ints("p" + p + ".input_ids");
      float[][] expected = TinyModels.prefill(exact, 0, prompt, 64);
      difference.add(expected, TinyModels.prefill(rounded, 0, prompt, 64));
    }
    return difference;
  }

  /** The same greedy text, up to where the two likeliest tokens are nearly equal. */
  private static void assertSameText(
      OnnxModelExecutor exact, OnnxModelExecutor rounded, Fixtures.Goldens goldens) {
    for (int p = 0; p < PROMPTS; p++) {
      int[] prompt = goldens.ints("p" + p + ".input_ids");
      float[][] rows = TinyModels.prefill(rounded, 0, prompt, 64);
      float[] next = TinyModels.prefill(exact, 0, prompt, 64)[prompt.length - 1];
      float[] other = rows[prompt.length - 1];
      for (int i = 0; i < GENERATED && margin(next) > MARGIN; i++) {
        int token = TinyModels.argmax(next);
        assertThat(TinyModels.argmax(other)).as("prompt %d, token %d", p, i).isEqualTo(token);
        int[] position = {prompt.length + i};
        next = TinyModels.row(exact.decode(new int[] {token}, position), 0);
        other = TinyModels.row(rounded.decode(new int[] {token}, position), 0);
      }
    }
  }

  /** Between the two largest. */
  private static float margin(float[] logits) {
    int first = TinyModels.argmax(logits);
    float second = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < logits.length; i++) {
      second = i == first ? second : Math.max(second, logits[i]);
    }
    return logits[first] - second;
  }

  /** On the way of integers a row of a batch has the bits of its run alone. */
  @ParameterizedTest
  @ValueSource(strings = {"llama", "qwen3", "gemma3"})
  void rowsOfABatchHaveTheBitsOfTheirRunsAlone(String family, @TempDir Path folder) {
    try (ModelPackage model =
            TinyModels.imported("models/" + family, Quantization.INT4, Quantization.INT8, folder);
        OnnxModelExecutor alone = executor(model, ProductPrecision.INT16);
        OnnxModelExecutor together = executor(model, ProductPrecision.INT16);
        Fixtures.Goldens goldens = Fixtures.goldens("models/" + family + "/golden.safetensors")) {
      int[] tokens = new int[PROMPTS];
      int[] positions = new int[PROMPTS];
      for (int p = 0; p < PROMPTS; p++) {
        int[] prompt = goldens.ints("p" + p + ".input_ids");
        float[][] rows = TinyModels.prefill(together, p, prompt, 64);
        tokens[p] = TinyModels.argmax(rows[prompt.length - 1]);
        positions[p] = prompt.length;
      }
      StepLogits batch = together.decode(tokens, positions);
      for (int p = 0; p < PROMPTS; p++) {
        TinyModels.prefill(alone, 0, goldens.ints("p" + p + ".input_ids"), 64);
        StepLogits one = alone.decode(new int[] {tokens[p]}, new int[] {positions[p]});
        assertThat(TinyModels.row(batch, p))
            .as("row %d", p)
            .containsExactly(TinyModels.row(one, 0));
      }
    }
  }

  private static OnnxModelExecutor executor(ModelPackage model, ProductPrecision precision) {
    return OnnxModelExecutor.open(
        model, new ExecutorOptions(4, TinyModels.CONTEXT, 64, 2, false, KvScales.NONE, precision));
  }
}
