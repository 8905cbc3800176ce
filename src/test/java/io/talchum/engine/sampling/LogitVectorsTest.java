package io.talchum.engine.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LogitVectorsTest {
  private final SplittableRandom random = new SplittableRandom(1);

  @Test
  void agreeWithPlainLoopsForAllLengths() {
    for (int n = 1; n <= 300; n++) {
      check(Rows.random(random, n, n % 2 == 0));
    }
    for (int n : new int[] {1023, 1024, 1025, 4096, 5003, 49152}) {
      check(Rows.random(random, n, false));
    }
  }

  private static void check(float[] logits) {
    MemorySegment row = Rows.of(logits);
    float max = Float.NEGATIVE_INFINITY;
    int first = -1;
    for (int i = 0; i < logits.length; i++) {
      if (logits[i] > max) {
        max = logits[i];
        first = i;
      }
    }
    assertThat(LogitVectors.max(row)).isEqualTo(max);
    assertThat(LogitVectors.indexOf(row, max)).isEqualTo(first);
    assertThat(LogitVectors.indexOf(row, max + 1)).isEqualTo(-1);
    for (float scale : new float[] {1f, 0.5f, 1.25f, 50f}) {
      double sum = 0;
      for (float logit : logits) {
        sum += Math.exp((logit - max) * (double) scale);
      }
      assertThat(LogitVectors.sumExp(row, max, scale)).isCloseTo(sum, within(sum * 2e-6));
    }
  }

  @Test
  void nanWinsTheMaximumWhereverItIs() {
    for (int n : new int[] {1, 7, 33, 70}) {
      for (int at = 0; at < n; at++) {
        float[] logits = Rows.random(random, n, false);
        logits[at] = Float.NaN;
        assertThat(LogitVectors.max(Rows.of(logits))).isNaN();
      }
    }
  }

  @Test
  void barredTokensWeighNothing() {
    float[] logits = new float[40];
    java.util.Arrays.fill(logits, Float.NEGATIVE_INFINITY);
    logits[3] = 2;
    logits[39] = 2;
    assertThat(LogitVectors.sumExp(Rows.of(logits), 2, 100_000f)).isEqualTo(2);
  }

  @Test
  void farTokensWeighNothingOrNext() {
    float[] logits = new float[64];
    for (int i = 0; i < 64; i++) {
      logits[i] = -i * 4;
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit);
    }
    assertThat(LogitVectors.sumExp(Rows.of(logits), 0, 1)).isCloseTo(sum, within(1e-6));
  }
}
