package io.talchum.engine.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.core.ErrorCode;
import io.talchum.core.SamplingParams;
import io.talchum.core.ServeException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class TokenDrawTest {
  private static SamplingParams params(float temperature, float topP, int topK, float minP) {
    return SamplingParams.builder(1)
        .temperature(temperature)
        .topP(topP)
        .topK(topK)
        .minP(minP)
        .build();
  }

  private static final List<SamplingParams> ALL_KINDS =
      List.of(
          params(1, 1, 0, 0),
          params(0.3f, 1, 0, 0),
          params(2, 1, 0, 0),
          params(1, 0.8f, 0, 0),
          params(2, 0.99f, 0, 0),
          params(1, 1, 7, 0),
          params(0.7f, 0.9f, 12, 0),
          params(1, 1, 0, 0.05f),
          params(1.5f, 0.95f, 0, 0.1f),
          params(1, 0.95f, 30, 0.02f),
          params(1, 1, 1000, 0));

  /** Pearson's chi-squared against the reference, at 5 sigma. */
  @Test
  void drawsWithTheRightFrequencies() {
    SplittableRandom random = new SplittableRandom(5);
    for (SamplingParams params : ALL_KINDS) {
      for (boolean isCoarse : new boolean[] {false, true}) {
        checkFrequencies(Rows.random(random, 60, isCoarse), params, 20_000, 11);
      }
    }
  }

  /** Long rows reach the growing nucleus and the blocks of the plain draw. */
  @Test
  void drawsWithTheRightFrequenciesFromLongRows() {
    SplittableRandom random = new SplittableRandom(6);
    for (SamplingParams params : List.of(params(2, 0.97f, 0, 0), params(1.5f, 1, 0, 0))) {
      checkFrequencies(Rows.random(random, 2500, false), params, 8_000, 12);
    }
  }

  private static void checkFrequencies(
      float[] logits, SamplingParams params, int draws, long seed) {
    double[] p = PlainSampling.probabilities(logits, params);
    int[] hits = new int[p.length];
    MemorySegment row = Rows.of(logits);
    RandomGenerator stream = new SeededStream(seed);
    for (int i = 0; i < draws; i++) {
      hits[TokenDraw.draw(row, params, stream)]++;
    }
    double chi = 0;
    int cells = 0;
    double restExpected = 0;
    int restHits = 0;
    for (int id = 0; id < p.length; id++) {
      if (p[id] == 0) {
        assertThat(hits[id]).as("token %d is cut off by %s", id, params).isZero();
      } else if (p[id] * draws < 10) {
        restExpected += p[id] * draws;
        restHits += hits[id];
      } else {
        chi += Math.pow(hits[id] - p[id] * draws, 2) / (p[id] * draws);
        cells++;
      }
    }
    if (restExpected > 5) {
      chi += Math.pow(restHits - restExpected, 2) / restExpected;
      cells++;
    }
    double free = Math.max(1, cells - 1);
    assertThat(chi).as("%s", params).isLessThan(free + 5 * Math.sqrt(2 * free) + 5);
  }

  @Test
  void theSameSeedDrawsTheSameTokens() {
    float[] logits = Rows.random(new SplittableRandom(7), 300, false);
    for (SamplingParams params : ALL_KINDS) {
      assertThat(draws(logits, params, 9)).isEqualTo(draws(logits, params, 9));
    }
    assertThat(draws(logits, params(1, 1, 0, 0), 9))
        .isNotEqualTo(draws(logits, params(1, 1, 0, 0), 10));
  }

  private static List<Integer> draws(float[] logits, SamplingParams params, long seed) {
    RandomGenerator stream = new SeededStream(seed);
    MemorySegment row = Rows.of(logits);
    return java.util.stream.IntStream.range(0, 50)
        .mapToObj(i -> TokenDraw.draw(row, params, stream))
        .toList();
  }

  /** Where candidates decide they give the row's own token, and take as many random numbers. */
  @Test
  void candidatesDecideAsTheRowOrNotAtAll() {
    SplittableRandom random = new SplittableRandom(13);
    int decided = 0;
    for (int round = 0; round < 200; round++) {
      MemorySegment row = Rows.of(Rows.random(random, 300, round % 2 == 0));
      for (SamplingParams params : ALL_KINDS) {
        SeededStream ofRow = new SeededStream(round);
        SeededStream ofCandidates = new SeededStream(round);
        OptionalInt token = TokenDraw.draw(TopTokens.of(row, 20), params, ofCandidates);
        if (token.isPresent()) {
          decided++;
          assertThat(token).as("%s", params).hasValue(TokenDraw.draw(row, params, ofRow));
        }
        assertThat(ofCandidates.nextDouble()).isEqualTo(ofRow.nextDouble());
      }
    }
    assertThat(decided).isGreaterThan(400);
    SamplingParams greedy = params(0, 1, 0, 0);
    assertThat(
            TokenDraw.draw(
                new TopTokens(new int[] {5, 2}, new float[] {3, 1}), greedy, new SeededStream(1)))
        .hasValue(5);
    assertThat(
            TokenDraw.draw(
                new TopTokens(new int[] {5}, new float[] {Float.NaN}), greedy, new SeededStream(1)))
        .isEmpty();
  }

  @Test
  void doesNotWriteIntoTheRow() {
    float[] logits = Rows.random(new SplittableRandom(8), 3000, false);
    MemorySegment row = Rows.of(logits);
    for (SamplingParams params : ALL_KINDS) {
      TokenDraw.draw(row, params, new SeededStream(1));
    }
    assertThat(Rows.toArray(row)).isEqualTo(logits);
  }

  /** All ways to leave one token: the best, and of equal ones the lowest id. */
  @Test
  void sharpParametersAreGreedy() {
    SplittableRandom random = new SplittableRandom(9);
    for (int round = 0; round < 200; round++) {
      float[] logits = Rows.random(random, 1 + random.nextInt(300), round % 2 == 0);
      int best = PlainSampling.ranked(logits).getFirst();
      for (SamplingParams params :
          List.of(
              params(0, 1, 0, 0),
              params(1e-6f, 1, 0, 0),
              params(1, 1, 1, 0),
              params(1, 1e-9f, 0, 0),
              params(1, 1e-9f, 5, 0))) {
        assertThat(TokenDraw.draw(Rows.of(logits), params, new SeededStream(round)))
            .as("%s", params)
            .isEqualTo(best);
      }
      int byMinP = TokenDraw.draw(Rows.of(logits), params(1, 1, 0, 1), new SeededStream(round));
      assertThat(logits[byMinP]).isEqualTo(logits[best]);
    }
  }

  @Test
  void barredTokensAreNeverDrawn() {
    float[] logits = new float[100];
    Arrays.fill(logits, Float.NEGATIVE_INFINITY);
    logits[42] = -3;
    for (SamplingParams params : ALL_KINDS) {
      assertThat(TokenDraw.draw(Rows.of(logits), params, new SeededStream(1))).isEqualTo(42);
    }
  }

  @Test
  void theEdgesOfTheRandomNumbersDrawTokensOfTheSet() {
    float[] logits = Rows.random(new SplittableRandom(10), 2050, false);
    logits[2049] = Float.NEGATIVE_INFINITY;
    for (SamplingParams params : ALL_KINDS) {
      double[] p = PlainSampling.probabilities(logits, params);
      for (long bits : new long[] {0, -1L}) {
        int token = TokenDraw.draw(Rows.of(logits), params, () -> bits);
        assertThat(p[token]).as("%s", params).isPositive();
      }
    }
  }

  @Test
  void brokenRowsAreRefused() {
    float[] barred = {Float.NEGATIVE_INFINITY, Float.NEGATIVE_INFINITY};
    for (float[] logits :
        List.of(barred, new float[] {1, Float.NaN}, new float[] {1, Float.POSITIVE_INFINITY})) {
      for (SamplingParams params : ALL_KINDS) {
        assertThatThrownBy(() -> TokenDraw.draw(Rows.of(logits), params, new SeededStream(1)))
            .isInstanceOfSatisfying(
                ServeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INTERNAL));
      }
    }
  }
}
