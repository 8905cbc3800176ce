package io.talchum.engine.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LogitLoopsTest {
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
    assertThat(LogitLoops.max(row)).isEqualTo(max);
    assertThat(LogitLoops.indexOf(row, max)).isEqualTo(first);
    assertThat(LogitLoops.indexOf(row, max + 1)).isEqualTo(-1);
    for (float scale : new float[] {1f, 0.5f, 1.25f, 50f}) {
      double sum = 0;
      for (float logit : logits) {
        sum += Math.exp((logit - max) * (double) scale);
      }
      assertThat(LogitLoops.sumExp(row, max, scale)).isCloseTo(sum, within(sum * 2e-6));
    }
  }

  /** A seed gives the same tokens before and after the vectors are compiled. */
  @Test
  void plainLoopsGiveTheBitsOfVectors() {
    RowLoops vectors = new VectorRowLoops();
    RowLoops plain = new PlainRowLoops();
    for (int n : new int[] {1, 63, 64, 65, 200, 1024}) {
      float[] logits = Rows.random(random, n, false);
      MemorySegment row = Rows.of(logits);
      float max = plain.max(row);
      assertThat(max).isEqualTo(vectors.max(row));
      assertThat(plain.indexOf(row, max)).isEqualTo(vectors.indexOf(row, max));
      assertThat(plain.indexOf(row, max + 1)).isEqualTo(-1);
      for (float scale : new float[] {0.7f, 1f, 60f}) {
        assertThat(plain.blockSumExp(row, 0, n, max, scale))
            .isEqualTo(vectors.blockSumExp(row, 0, n, max, scale));
      }
      int next = plain.nextStretchAbove(row, 0, Math.nextDown(max));
      int first = plain.indexOf(row, max);
      assertThat(first).isBetween(next, Math.min(n, next + plain.stretch()) - 1);
      int count = Math.min(n, Long.SIZE);
      MemorySegment other = Rows.of(logits);
      vectors.forbid(row, 0, count, 0x5a5a_0ff0_1234_8001L);
      plain.forbid(other, 0, count, 0x5a5a_0ff0_1234_8001L);
      assertThat(other.mismatch(row)).isEqualTo(-1);
    }
  }

  @Test
  void nanWinsTheMaximumWhereverItIs() {
    for (int n : new int[] {1, 7, 33, 70}) {
      for (int at = 0; at < n; at++) {
        float[] logits = Rows.random(random, n, false);
        logits[at] = Float.NaN;
        assertThat(LogitLoops.max(Rows.of(logits))).isNaN();
      }
    }
  }

  @Test
  void barredTokensWeighNothing() {
    float[] logits = new float[40];
    java.util.Arrays.fill(logits, Float.NEGATIVE_INFINITY);
    logits[3] = 2;
    logits[39] = 2;
    assertThat(LogitLoops.sumExp(Rows.of(logits), 2, 100_000f)).isEqualTo(2);
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
    assertThat(LogitLoops.sumExp(Rows.of(logits), 0, 1)).isCloseTo(sum, within(1e-6));
  }
}
