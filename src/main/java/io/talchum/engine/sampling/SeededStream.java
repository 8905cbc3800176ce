package io.talchum.engine.sampling;

import java.util.random.RandomGenerator;

/**
 * A request's own random numbers: SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom
 * number generators", OOPSLA 2014), written out here so that a seed draws the same tokens on every
 * version of the JDK.
 *
 * <p>State s starts as the seed. Each number: s += 0x9E3779B97F4A7C15; z = s; z = (z ^ (z >>> 30))
 * * 0xBF58476D1CE4E5B9; z = (z ^ (z >>> 27)) * 0x94D049BB133111EB; z ^ (z >>> 31). A double is the
 * upper 53 bits times 2^-53. Not thread safe.
 */
public final class SeededStream implements RandomGenerator {
  private long state;

  public SeededStream(long seed) {
    this.state = seed;
  }

  @Override
  public long nextLong() {
    state += 0x9E3779B97F4A7C15L;
    long z = state;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** Uniform in [0, 1). */
  @Override
  public double nextDouble() {
    return (nextLong() >>> 11) * 0x1.0p-53;
  }
}
