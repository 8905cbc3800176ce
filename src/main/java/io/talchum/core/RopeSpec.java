package io.talchum.core;

import java.util.List;

/**
 * Rotary position embedding, already resolved: every published scaling rule only changes these
 * numbers.
 *
 * @param inverseFrequencies radians per position of each rotated pair, length rotary dims / 2
 * @param attentionFactor multiplies cos and sin (1 unless the rule is yarn or longrope)
 */
public record RopeSpec(List<Double> inverseFrequencies, double attentionFactor) {
  public RopeSpec {
    inverseFrequencies = List.copyOf(inverseFrequencies);
  }
}
