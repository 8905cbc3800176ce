package io.talchum.engine;

import io.talchum.core.SamplingParams;
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
    return new SamplingParams(
        isGreedy ? 0f : 0.2f + random.nextInt(10) * 0.2f,
        random.nextBoolean() ? 1f : 0.5f + random.nextInt(5) * 0.1f,
        random.nextInt(3) * 5,
        random.nextInt(3) * 0.05f,
        penalizes ? random.nextInt(-2, 2) : 0,
        penalizes ? 0.5f : 0,
        penalizes ? 1.3f : 1,
        random.nextLong(),
        bias,
        STOPS.get(random.nextInt(STOPS.size())),
        random.nextInt(4) == 0 ? List.of(random.nextInt(FakeModelExecutor.VOCAB)) : List.of(),
        maxTokens,
        random.nextInt(4) == 0 ? random.nextInt(maxTokens + 1) : 0,
        random.nextInt(4) == 0,
        random.nextInt(3) == 0,
        random.nextInt(6),
        random.nextInt(5) == 0);
  }
}
