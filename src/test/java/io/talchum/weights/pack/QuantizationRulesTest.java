package io.talchum.weights.pack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.core.ServeException;
import io.talchum.testing.Fixtures;
import io.talchum.weights.quantize.Encoding;
import io.talchum.weights.quantize.Quantization;
import io.talchum.weights.quantize.QuantizationRules;
import io.talchum.weights.quantize.Quantizers;
import io.talchum.weights.quantize.ScaleSearch;
import io.talchum.weights.quantize.TensorRule;
import java.nio.file.Path;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuantizationRulesTest {
  @ParameterizedTest
  @CsvSource({
    "layers.0.q, layers.0.q, true",
    "layers.0.*, layers.0.gate, true",
    "layers.0.*, layers.10.gate, false",
    "*.down, layers.3.down, true",
    "layers.*.q, layers.12.q, true",
    "*, embed, true",
    "emb, embed, false",
    "*d, embed, true",
    "layers.*.*.q, layers.1.q, false",
    "a*b*c, aXbYbZc, true"
  })
  void aStarStandsForAnyCharacters(String pattern, String name, boolean matches) {
    assertThat(new TensorRule(pattern, Quantization.INT8).matches(name)).isEqualTo(matches);
  }

  @Test
  @Timeout(5)
  void manyStarsTakeNoTime() {
    TensorRule rule = new TensorRule("*a".repeat(100), Quantization.INT8);
    assertThat(rule.matches("a".repeat(99) + "b")).isFalse();
  }

  @Test
  void theLastMatchCounts(@TempDir Path models) {
    QuantizationRules rules =
        new QuantizationRules(
            Quantization.INT4_BLOCK_64,
            Quantization.INT8,
            Quantization.INT8,
            List.of(
                new TensorRule("layers.0.*", Quantization.NONE),
                new TensorRule("layers.0.down", Quantization.INT4_BLOCK_128)));
    try (ModelPackage model = imported(rules, "models/llama_tied", models)) {
      assertThat(model.tensor("layers.0.qkv").encoding()).isEqualTo(Encoding.F32);
      assertThat(model.tensor("layers.0.down").blockSize()).isEqualTo(128);
      assertThat(model.tensor("layers.1.qkv").blockSize()).isEqualTo(64);
      assertThat(model.tensor("embed").encoding()).isEqualTo(Encoding.INT8);
      assertThat(model.manifest().quantization()).isEqualTo("mixed");
      assertThat(model.manifest().rules()).isEqualTo(rules);
    }
  }

  @Test
  void embeddingAndHeadMayDiffer(@TempDir Path models) {
    QuantizationRules rules =
        new QuantizationRules(Quantization.INT8, Quantization.INT4, Quantization.NONE, List.of());
    try (ModelPackage model = imported(rules, "models/llama", models)) {
      assertThat(model.tensor("embed").encoding()).isEqualTo(Encoding.INT4_OFFSET);
      assertThat(model.tensor("head").encoding()).isEqualTo(Encoding.F32);
    }
    assertThatThrownBy(() -> imported(rules, "models/llama_tied", models.resolve("b")))
        .isInstanceOf(ServeException.class)
        .hasMessageContaining("one table for both");
  }

  private static ModelPackage imported(QuantizationRules rules, String fixture, Path models) {
    ImportRequest request = ImportRequest.of(Fixtures.path(fixture), "m").with(rules);
    return ModelPackage.open(new ModelImporter().run(request, models, ProgressListener.NONE));
  }

  @ParameterizedTest
  @ValueSource(strings = {"layers.99.*", "layers.0.input_norm", "model.layers.0.*"})
  void aPatternThatMatchesNothingIsRefused(String pattern, @TempDir Path models) {
    QuantizationRules rules =
        new QuantizationRules(
            Quantization.AUTO,
            Quantization.AUTO,
            Quantization.AUTO,
            List.of(new TensorRule(pattern, Quantization.INT8)));
    assertThatThrownBy(() -> imported(rules, "models/llama_tied", models))
        .isInstanceOf(ServeException.class)
        .hasMessageContaining("\"" + pattern + "\" matches no matrix");
  }

  @Test
  void aPatternIsPlain() {
    for (String pattern : List.of("", "a b", "x".repeat(201), "(a|b)")) {
      assertThatThrownBy(() -> new TensorRule(pattern, Quantization.INT8))
          .isInstanceOf(ServeException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {32, 64, 128})
  void theSearchedScaleIsNeverWorseThanThePlainOne(int size) {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(5);
    ScaleSearch search = new ScaleSearch(size);
    byte[] quants = new byte[size];
    float[] scale = new float[1];
    double searched = 0;
    double plain = 0;
    for (int round = 0; round < 300; round++) {
      float[] values = new float[size];
      for (int i = 0; i < size; i++) {
        values[i] = (float) random.nextGaussian(0, 0.05);
      }
      search.quantize(values, 1, quants, scale, 0);
      double error = 0;
      for (int i = 0; i < size; i++) {
        assertThat(quants[i]).isBetween((byte) 0, (byte) 15);
        error += square(scale[0] * (quants[i] - 8) - values[i]);
      }
      double rule = plainError(values);
      assertThat(error).isLessThanOrEqualTo(rule * 1.0001);
      searched += error;
      plain += rule;
    }
    assertThat(searched).isLessThan(0.95 * plain);
  }

  private static double plainError(float[] values) {
    float scale = Quantizers.extreme(values, 0, values.length) / -8;
    double error = 0;
    for (float value : values) {
      error += square(scale * (Math.min(15, (int) (value / scale + 8.5f)) - 8) - value);
    }
    return error;
  }

  private static double square(double value) {
    return value * value;
  }

  @Test
  void aBlockOnTheGridStaysExact() {
    float[] values = new float[64];
    for (int i = 0; i < 64; i++) {
      values[i] = 0.25f * (i % 16 - 8);
    }
    byte[] quants = new byte[64];
    float[] scale = new float[1];
    ScaleSearch search = new ScaleSearch(64);
    search.quantize(values, 1, quants, scale, 0);
    for (int i = 0; i < 64; i++) {
      assertThat(scale[0] * (quants[i] - 8)).isEqualTo(values[i]);
    }
    search.quantize(new float[64], 1, quants, scale, 0);
    assertThat(scale[0]).isZero();
  }
}
