package io.talchum.core;

import java.util.List;

/**
 * Rotary position embedding, already resolved: every published scaling rule only changes these
 * numbers. It rotates the first {@code 2 * inverseFrequencies.size()} dims of a head.
 *
 * @param inverseFrequencies radians per position of each rotated pair, length rotary dims / 2
 * @param attentionFactor multiplies cos and sin (1 unless the rule is yarn or longrope)
 * @param longInverseFrequencies what a sequence longer than {@code shortTokens} uses from its first
 *     token on; empty if all use the same
 * @param shortTokens 0 if all sequences use the same frequencies
 */
public record RopeSpec(
    List<Double> inverseFrequencies,
    double attentionFactor,
    List<Double> longInverseFrequencies,
    int shortTokens) {
  public RopeSpec {
    inverseFrequencies = List.copyOf(inverseFrequencies);
    longInverseFrequencies = List.copyOf(longInverseFrequencies);
  }

  /** The same frequencies for all sequences. */
  public RopeSpec(List<Double> inverseFrequencies, double attentionFactor) {
    this(inverseFrequencies, attentionFactor, List.of(), 0);
  }

  /** Whether long sequences use other frequencies. */
  public boolean dependsOnLength() {
    return !longInverseFrequencies.isEmpty();
  }

  /** Whether a sequence of this length uses the frequencies of long ones. */
  public boolean isLong(int tokens) {
    return dependsOnLength() && tokens > shortTokens;
  }
}
