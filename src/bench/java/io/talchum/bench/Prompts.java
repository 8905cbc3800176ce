package io.talchum.bench;

import java.util.List;
import java.util.SplittableRandom;

/**
 * Prompts of random token ids, the same for the same seed and place, so that two servers get equal
 * work and no prompt comes twice.
 *
 * @param vocabularyTokens ids stay below
 */
record Prompts(long seed, int vocabularyTokens) {
  /** Ids below are mostly special tokens and single bytes. */
  private static final int FIRST = 256;

  /** Token ids of one prompt. */
  List<Integer> draw(int tokens, Object... place) {
    int first = Math.min(FIRST, vocabularyTokens / 2);
    return random(place).ints(tokens, first, vocabularyTokens).boxed().toList();
  }

  /** A number from 0 to 1 for a place. */
  double number(Object... place) {
    return random(place).split().nextDouble();
  }

  private SplittableRandom random(Object... place) {
    long mixed = seed;
    for (Object part : place) {
      mixed = mixed * 0x9E3779B97F4A7C15L + part.hashCode();
    }
    return new SplittableRandom(mixed);
  }
}
