package io.talchum.engine.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LogSoftmaxTest {
  private final SplittableRandom random = new SplittableRandom(3);

  @Test
  void agreesWithDoublePrecision() {
    for (int round = 0; round < 50; round++) {
      float[] logits = Rows.random(random, 1 + random.nextInt(3000), false);
      MemorySegment row = Rows.of(logits);
      LogSoftmax softmax = LogSoftmax.of(row);
      double[] p = PlainSampling.softmax(logits, 1);
      for (int id = 0; id < logits.length; id++) {
        assertThat((double) softmax.logprob(row, id)).isCloseTo(Math.log(p[id]), within(5e-6));
      }
    }
  }

  @Test
  void theChosenTokenHasTheSameFloatAmongTheTop() {
    for (int round = 0; round < 200; round++) {
      float[] logits = Rows.random(random, 1 + random.nextInt(500), round % 2 == 0);
      MemorySegment row = Rows.of(logits);
      LogSoftmax softmax = LogSoftmax.of(row);
      TopTokens top = TopTokens.of(row, 20);
      for (int i = 0; i < top.size(); i++) {
        assertThat(softmax.logprob(top.logits()[i])).isEqualTo(softmax.logprob(row, top.ids()[i]));
      }
    }
  }

  @Test
  void aSingleTokenIsCertain() {
    assertThat(LogSoftmax.of(Rows.of(5f)).logprob(5f)).isZero();
  }
}
