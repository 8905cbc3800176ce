package io.talchum.weights.quantize;

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
    float[] scale = new float[1];
    float[] offset = new float[1];
    double searched = 0;
    double plain = 0;
    for (int round = 0; round < 500; round++) {
      float[] values = new float[32];
      for (int i = 0; i < 32; i++) {
        values[i] = (float) random.nextGaussian(0.01, 0.05);
      }
      search.quantize(values, 1, quants, scale, offset, 0);
      double error = 0;
      for (int i = 0; i < 32; i++) {
        assertThat(quants[i]).isBetween((byte) 0, (byte) 15);
        error += square(scale[0] * (quants[i] - 8) + offset[0] - values[i]);
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

  /** A block's numbers do not depend on those beside it, nor on how many there are. */
  @Test
  void blocksAreSearchedAlone() {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(9);
    int blocks = 37;
    float[] values = new float[32 * blocks];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian(0, 0.05);
    }
    byte[] quants = new byte[values.length];
    float[] scales = new float[blocks];
    float[] offsets = new float[blocks];
    new OffsetSearch().quantize(values, blocks, quants, scales, offsets, 0);
    byte[] own = new byte[32];
    float[] scale = new float[1];
    float[] offset = new float[1];
    for (int block = 0; block < blocks; block++) {
      float[] alone = Arrays.copyOfRange(values, 32 * block, 32 * block + 32);
      new OffsetSearch().quantize(alone, 1, own, scale, offset, 0);
      assertThat(own).isEqualTo(Arrays.copyOfRange(quants, 32 * block, 32 * block + 32));
      assertThat(scale[0]).isEqualTo(scales[block]);
      assertThat(offset[0]).isEqualTo(offsets[block]);
    }
  }

  @Test
  void aFlatBlockKeepsItsValue() {
    OffsetSearch search = new OffsetSearch();
    float[] values = new float[32];
    Arrays.fill(values, -0.3f);
    float[] scale = new float[1];
    float[] offset = new float[1];
    search.quantize(values, 1, new byte[32], scale, offset, 0);
    assertThat(scale[0]).isZero();
    assertThat(offset[0]).isEqualTo(-0.3f);
  }
}
