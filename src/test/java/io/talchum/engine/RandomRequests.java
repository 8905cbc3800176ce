package io.talchum.engine;

import io.talchum.core.SamplingParams;
import io.talchum.core.TableConstraint;
import io.talchum.core.TokenConstraint;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** Random prompts and sampling parameters. */
final class RandomRequests {
  private static final List<List<String>> STOPS =
      List.of(List.of(), List.of("ab"), List.of("☯", "dbc"), List.of("ebe", "be", "cc"));

  private final SplittableRandom random;

  RandomRequests(SplittableRandom random) {
    this.random = random;
  }

  int[] prompt(int maxTokens) {
    return random.ints(1 + random.nextInt(maxTokens), 0, FakeModelExecutor.VOCAB).toArray();
  }

  SamplingParams sampling(int mostTokens) {
    int maxTokens = random.nextInt(12) == 0 ? 0 : 1 + random.nextInt(mostTokens);
    boolean isGreedy = random.nextInt(3) == 0;
    boolean penalizes = random.nextInt(3) == 0;
    Map<Integer, Float> bias = new HashMap<>();
    if (random.nextInt(4) == 0) {
      bias.put(random.nextInt(FakeModelExecutor.VOCAB), (float) random.nextInt(-100, 100));
    }
    return SamplingParams.builder(maxTokens)
        .temperature(isGreedy ? 0f : 0.2f + random.nextInt(10) * 0.2f)
        .topP(random.nextBoolean() ? 1f : 0.5f + random.nextInt(5) * 0.1f)
        .topK(random.nextInt(3) * 5)
        .minP(random.nextInt(3) * 0.05f)
        .presencePenalty(penalizes ? random.nextInt(-2, 2) : 0)
        .frequencyPenalty(penalizes ? 0.5f : 0)
        .repetitionPenalty(penalizes ? 1.3f : 1)
        .seed(random.nextLong())
        .logitBias(bias)
        .stopStrings(STOPS.get(random.nextInt(STOPS.size())))
        .stopTokenIds(
            random.nextInt(4) == 0 ? List.of(random.nextInt(FakeModelExecutor.VOCAB)) : List.of())
        .minTokens(random.nextInt(4) == 0 ? random.nextInt(maxTokens + 1) : 0)
        .ignoreEos(random.nextInt(4) == 0)
        .logprobs(random.nextInt(3) == 0)
        .topLogprobs(random.nextInt(6))
        .promptLogprobs(random.nextInt(5) == 0)
        .constraints(constraints())
        .build();
  }

  /** Of a quarter of the requests; half of the tokens come next. */
  private List<TokenConstraint> constraints() {
    return random.nextInt(4) == 0
        ? List.of(TableConstraint.random(random, FakeModelExecutor.VOCAB, 0.5, 2))
        : List.of();
  }
}
