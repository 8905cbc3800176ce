package io.talchum.engine.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SeededStreamTest {
  @Test
  void isSplitMix64() {
    SeededStream stream = new SeededStream(1234567);
    assertThat(stream.nextLong()).isEqualTo(6457827717110365317L);
    assertThat(stream.nextLong()).isEqualTo(3203168211198807973L);
  }

  @Test
  void agreesWithTheJdkWhileItIsSplitMix64() {
    for (long seed : new long[] {0, 1, -1, Long.MIN_VALUE, 42}) {
      SeededStream stream = new SeededStream(seed);
      SplittableRandom jdk = new SplittableRandom(seed);
      for (int i = 0; i < 100; i++) {
        assertThat(stream.nextLong()).isEqualTo(jdk.nextLong());
      }
    }
  }

  @Test
  void doublesAreTheUpperBits() {
    SeededStream stream = new SeededStream(7);
    SeededStream same = new SeededStream(7);
    for (int i = 0; i < 1000; i++) {
      double value = stream.nextDouble();
      assertThat(value).isBetween(0.0, 1 - 0x1p-53);
      assertThat((long) (value * 0x1p53)).isEqualTo(same.nextLong() >>> 11);
    }
  }
}
