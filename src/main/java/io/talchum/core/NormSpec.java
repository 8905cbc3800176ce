package io.talchum.core;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * The norms of a decoder; weights are stored as they are multiplied (an offset of 1 is added at
 * import).
 *
 * @param kind of all norms, the last one included
 * @param epsilon added to the mean square, or the variance, inside the root
 * @param places where a layer has norms
 * @param perHead whether queries and keys are normed head by head with one weight of headDim, else
 *     all heads together
 */
public record NormSpec(Kind kind, float epsilon, Set<Norm> places, boolean perHead) {

  /** What a norm computes. */
  public enum Kind {
    /** x / sqrt(mean(x^2) + epsilon) * weight. */
    RMS,
    /** (x - mean(x)) / sqrt(variance(x) + epsilon) * weight + bias. */
    LAYER
  }

  public NormSpec {
    Set<Norm> ordered = EnumSet.noneOf(Norm.class);
    ordered.addAll(places);
    places = Collections.unmodifiableSet(ordered);
  }

  /** Whether each norm has a bias. */
  public boolean hasBias() {
    return kind == Kind.LAYER;
  }

  public boolean has(Norm norm) {
    return places.contains(norm);
  }
}
