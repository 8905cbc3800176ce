package io.talchum.weights;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.testing.Fixtures;
import io.talchum.testing.Fixtures.Goldens;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantizersTest {
  @ParameterizedTest
  @CsvSource({
    "layers.0.q_proj, model.layers.0.self_attn.q_proj.weight",
    "layers.0.down_proj, model.layers.0.mlp.down_proj.weight",
    "lm_head, model.embed_tokens.weight"
  })
  void symmetricQuantsAreThoseOfTheReference(String packed, String tensor) {
    try (Goldens golden = Fixtures.goldens("models/llama_tied/quant/packed.safetensors");
        Goldens model = Fixtures.goldens("models/llama_tied/model.safetensors")) {
      float[] weights = model.floats(tensor);
      byte[] quants = new byte[weights.length];
      float[] scales = new float[weights.length / 32];

      Quantizers.int8(weights, 0, weights.length, quants, 0, scales, 0);
      assertThat(quants).isEqualTo(bytes(golden, packed + ".int8.q"));
      assertThat(scales).containsExactly(golden.floats(packed + ".int8.scales"));

      Quantizers.int4(weights, 0, weights.length, quants, 0, scales, 0);
      assertThat(quants).isEqualTo(bytes(golden, packed + ".int4.q"));
      assertThat(scales).containsExactly(golden.floats(packed + ".int4.scales"));

      Quantizers.packNibbles(quants, quants.length);
      assertThat(Arrays.copyOf(quants, quants.length / 2))
          .isEqualTo(bytes(golden, packed + ".int4.matmulnbits"));
    }
  }

  private static byte[] bytes(Goldens golden, String name) {
    return golden.file().data(name).toArray(ValueLayout.JAVA_BYTE);
  }

  @Test
  void tellsWhetherInt4IsExact() {
    float[] row = new float[64];
    for (int i = 0; i < 64; i++) {
      row[i] = 0.125f * (i % 16 - 8);
    }
    assertThat(Quantizers.isExactInt4(row, 0, 64)).isTrue();
    row[40] += 0.01f;
    assertThat(Quantizers.isExactInt4(row, 0, 64)).isFalse();
    assertThat(Quantizers.isExactInt4(row, 0, 32)).isTrue();
    assertThat(Quantizers.isExactInt4(new float[32], 0, 32)).isTrue();
  }

  @Test
  void theSearchedOffsetIsNeverWorseThanThePlainRule() {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(7);
    OffsetSearch search = new OffsetSearch();
    byte[] quants = new byte[32];
    double searched = 0;
    double plain = 0;
    for (int round = 0; round < 500; round++) {
      float[] values = new float[32];
      for (int i = 0; i < 32; i++) {
        values[i] = (float) random.nextGaussian(0.01, 0.05);
      }
      search.quantize(values, 0, quants, 0);
      double error = 0;
      for (int i = 0; i < 32; i++) {
        assertThat(quants[i]).isBetween((byte) 0, (byte) 15);
        error += square(search.scale() * (quants[i] - 8) + search.offset() - values[i]);
      }
      double rule = plainError(values);
      assertThat(error).isLessThanOrEqualTo(rule * 1.0001);
      searched += error;
      plain += rule;
    }
    assertThat(searched).isLessThan(0.9 * plain);
  }

  /** The squared error of Q4_1's own rule. */
  private static double plainError(float[] values) {
    float min = Float.MAX_VALUE;
    float max = -Float.MAX_VALUE;
    for (float value : values) {
      min = Math.min(min, value);
      max = Math.max(max, value);
    }
    float d = (max - min) / 15;
    double error = 0;
    for (float value : values) {
      error += square(d * (int) ((value - min) / d + 0.5f) + min - value);
    }
    return error;
  }

  private static double square(double value) {
    return value * value;
  }

  @Test
  void aFlatBlockKeepsItsValue() {
    OffsetSearch search = new OffsetSearch();
    float[] values = new float[32];
    Arrays.fill(values, -0.3f);
    search.quantize(values, 0, new byte[32], 0);
    assertThat(search.scale()).isZero();
    assertThat(search.offset()).isEqualTo(-0.3f);
  }
}
