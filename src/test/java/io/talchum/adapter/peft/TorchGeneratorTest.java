package io.talchum.adapter.peft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class TorchGeneratorTest {
  /** The reference implementation's first numbers from its usual seed, 5489. */
  @Test
  void bitsAreThoseOfMersenneTwister() {
    TorchGenerator generator = new TorchGenerator(5489);

    assertThat(generator.nextBits()).isEqualTo(3_499_211_612L);
    assertThat(generator.nextBits()).isEqualTo(581_869_302L);
    assertThat(generator.nextBits()).isEqualTo(3_890_346_734L);
    for (int i = 3; i < 9999; i++) {
      long unused = generator.nextBits();
    }
    assertThat(generator.nextBits()).isEqualTo(4_123_659_995L); // the 10,000th, as C++ says
  }

  @Test
  void uniformNumbersStayInTheirRange() {
    for (float value : new TorchGenerator(7).uniform(10_000, -0.5, 0.25)) {
      assertThat(value).isBetween(-0.5f, 0.25f);
    }
  }

  @Test
  void beginningOfAPermutationIsThatOfTheWhole() {
    long[] whole = new TorchGenerator(3).permutation(100, 100);

    assertThat(new TorchGenerator(3).permutation(100, 17)).isEqualTo(Arrays.copyOf(whole, 17));
    assertThat(Arrays.stream(whole).sorted().toArray())
        .isEqualTo(java.util.stream.LongStream.range(0, 100).toArray());
  }
}
