package io.talchum.weights;

import static io.talchum.weights.Quantizers.BLOCK;

/**
 * int4 with an offset: w = scale * (q - 8) + offset, both chosen to lower the squared error.
 *
 * <p>The Q4_1 rule (scale = (max - min) / 15, offset from the min) and {@value #STEPS} scales
 * around it are tried; for each the least-squares scale and offset of its quants are computed, and
 * the candidate with the smallest error wins. Mutable; one thread.
 */
final class OffsetSearch {
  private static final int STEPS = 20;
  private static final int TOP = 15;

  private final float[] quants = new float[BLOCK];
  private final float[] best = new float[BLOCK];
  private float step;
  private float min;
  private double error;

  /** Quantizes 32 values; then {@link #scale} and {@link #offset} are theirs. */
  void quantize(float[] values, int from, byte[] target, int at) {
    float low = Float.POSITIVE_INFINITY;
    float high = Float.NEGATIVE_INFINITY;
    for (int i = from; i < from + BLOCK; i++) {
      low = Math.min(low, values[i]);
      high = Math.max(high, values[i]);
    }
    step = 0;
    min = low;
    error = Double.POSITIVE_INFINITY;
    java.util.Arrays.fill(best, 0);
    float range = high - low;
    if (range > 0) {
      consider(values, from, low, TOP / range, range / TOP);
      for (int i = 0; i <= STEPS; i++) {
        fit(values, from, low, (TOP - 1 + 0.1f * i) / range);
      }
    }
    for (int i = 0; i < BLOCK; i++) {
      target[at + i] = (byte) best[i];
    }
  }

  float scale() {
    return step;
  }

  float offset() {
    return min + 8 * step;
  }

  /** Quantizes with a grid and keeps it, as it is, if its error is the smallest so far. */
  private void consider(float[] values, int from, float low, float inverse, float candidate) {
    round(values, from, low, inverse);
    keepIfBetter(values, from, candidate, low);
  }

  /** Quantizes with a grid, then takes the scale and offset that suit the quants best. */
  private void fit(float[] values, int from, float low, float inverse) {
    round(values, from, low, inverse);
    float sumQ = 0;
    float sumQq = 0;
    float sumX = 0;
    float sumXq = 0;
    for (int i = 0; i < BLOCK; i++) {
      float q = quants[i];
      float x = values[from + i] - low;
      sumQ += q;
      sumQq += q * q;
      sumX += x;
      sumXq += x * q;
    }
    float determinant = BLOCK * sumQq - sumQ * sumQ;
    if (determinant > 0) {
      float slope = (BLOCK * sumXq - sumX * sumQ) / determinant;
      float base = (sumQq * sumX - sumQ * sumXq) / determinant;
      keepIfBetter(values, from, slope, low + base);
    }
  }

  private void round(float[] values, int from, float low, float inverse) {
    for (int i = 0; i < BLOCK; i++) {
      quants[i] = Math.min(TOP, (int) ((values[from + i] - low) * inverse + 0.5f));
    }
  }

  private void keepIfBetter(float[] values, int from, float candidate, float base) {
    float sum = 0;
    for (int i = 0; i < BLOCK; i++) {
      float difference = candidate * quants[i] + base - values[from + i];
      sum += difference * difference;
    }
    if (sum < error) {
      error = sum;
      step = candidate;
      min = base;
      System.arraycopy(quants, 0, best, 0, BLOCK);
    }
  }
}
