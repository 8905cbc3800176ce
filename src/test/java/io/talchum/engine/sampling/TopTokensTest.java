package io.talchum.engine.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TopTokensTest {
  private final SplittableRandom random = new SplittableRandom(2);

  @Test
  void areTheFirstOfTheSortedRow() {
    for (int round = 0; round < 300; round++) {
      float[] logits = Rows.random(random, 1 + random.nextInt(2000), random.nextBoolean());
      List<Integer> ranked = PlainSampling.ranked(logits);
      for (int k : new int[] {0, 1, 2, 20, 64, 512, 5000}) {
        TopTokens top = TopTokens.of(Rows.of(logits), k);
        int[] expected = ranked.stream().limit(k).mapToInt(i -> i).toArray();
        assertThat(top.ids()).isEqualTo(expected);
        for (int i = 0; i < top.size(); i++) {
          assertThat(top.logits()[i]).isEqualTo(logits[top.ids()[i]]);
        }
      }
    }
  }

  @Test
  void barredTokensAreLeftOut() {
    float[] logits = new float[100];
    Arrays.fill(logits, Float.NEGATIVE_INFINITY);
    logits[70] = 1;
    logits[90] = -2;
    logits[99] = 1;
    assertThat(TopTokens.of(Rows.of(logits), 20).ids()).containsExactly(70, 99, 90);
    assertThat(TopTokens.of(Rows.of(logits), 2).ids()).containsExactly(70, 99);
  }

  @Test
  void ofEqualTokensTheLowestIdsStay() {
    assertThat(TopTokens.of(Rows.of(new float[500]), 3).ids()).containsExactly(0, 1, 2);
  }
}
