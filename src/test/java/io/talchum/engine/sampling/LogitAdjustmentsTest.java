package io.talchum.engine.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.talchum.core.SamplingParams;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LogitAdjustmentsTest {
  private static SamplingParams params(
      float presence, float frequency, float repetition, Map<Integer, Float> bias) {
    return SamplingParams.builder(1)
        .presencePenalty(presence)
        .frequencyPenalty(frequency)
        .repetitionPenalty(repetition)
        .logitBias(bias)
        .build();
  }

  @Test
  void neutralParametersChangeNothing() {
    SamplingParams params = params(0, 0, 1, Map.of());
    float[] logits = {1, -2, 3};
    MemorySegment row = Rows.of(logits);
    LogitAdjustments.apply(row, params, null);
    assertThat(Rows.toArray(row)).isEqualTo(logits);
    assertThat(LogitAdjustments.needsCounts(params)).isFalse();
  }

  @Test
  void followTheFormulasInOrder() {
    SplittableRandom random = new SplittableRandom(4);
    for (int round = 0; round < 200; round++) {
      int vocab = 40;
      int[] prompt = random.ints(random.nextInt(60), 0, vocab).toArray();
      int[] output = random.ints(random.nextInt(200), 0, vocab).toArray();
      float presence = random.nextInt(5) - 2;
      float frequency = (float) (random.nextDouble() * 4 - 2);
      float repetition = (float) (0.1 + random.nextDouble() * 3);
      Map<Integer, Float> bias = Map.of(3, 2.5f, 7, -100f);
      TokenCounts counts = new TokenCounts(prompt);
      for (int id : output) {
        counts.addGenerated(id);
      }
      float[] logits = Rows.random(random, vocab, false);
      MemorySegment row = Rows.of(logits);
      SamplingParams params = params(presence, frequency, repetition, bias);
      LogitAdjustments.apply(row, params, counts);
      for (int id = 0; id < vocab; id++) {
        double x = logits[id] + bias.getOrDefault(id, 0f);
        int wanted = id;
        long generated = java.util.Arrays.stream(output).filter(o -> o == wanted).count();
        boolean isSeen =
            generated > 0 || java.util.Arrays.stream(prompt).anyMatch(o -> o == wanted);
        x = !isSeen ? x : x > 0 ? x / repetition : x * repetition;
        x -= frequency * generated + (generated > 0 ? presence : 0);
        double actual = Rows.toArray(row)[id];
        assertThat(actual).isCloseTo(x, within(1e-3));
      }
    }
  }
}
