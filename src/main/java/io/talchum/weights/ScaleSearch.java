package io.talchum.weights;

/**
 * Symmetric int4: w = scale * (q - 8), the scale chosen to lower the squared error.
 *
 * <p>The plain rule (scale = the weight of largest magnitude / -8) and {@value #STEPS} scales
 * around it are tried; for each the least-squares scale of its quants is computed, and the
 * candidate with the smallest error wins. Mutable; one thread.
 */
final class ScaleSearch {
  private static final int STEPS = 18;
  private static final int HALF = 8;
  private static final int TOP = 15;

  private final int blockSize;
  private final float[] quants;
  private final float[] best;
  private float scale;
  private float error;

  ScaleSearch(int blockSize) {
    this.blockSize = blockSize;
    this.quants = new float[blockSize];
    this.best = new float[blockSize];
  }

  /** Quantizes one block; then {@link #scale} is its scale. */
  void quantize(float[] values, int from, byte[] target, int at) {
    float extreme = Quantizers.extreme(values, from, blockSize);
    scale = 0;
    error = Float.POSITIVE_INFINITY;
    java.util.Arrays.fill(best, HALF);
    if (extreme != 0) {
      float plain = extreme / -HALF;
      round(values, from, 1 / plain);
      keepIfBetter(values, from, plain);
      for (int step = -STEPS / 2; step <= STEPS / 2; step++) {
        round(values, from, (HALF + 0.15f * step) / -extreme);
        keepIfBetter(values, from, leastSquares(values, from));
      }
    }
    for (int i = 0; i < blockSize; i++) {
      target[at + i] = (byte) best[i];
    }
  }

  float scale() {
    return scale;
  }

  private void round(float[] values, int from, float inverse) {
    for (int i = 0; i < blockSize; i++) {
      int q = (int) (values[from + i] * inverse + (HALF + 0.5f));
      quants[i] = Math.min(TOP, Math.max(0, q));
    }
  }

  private float leastSquares(float[] values, int from) {
    float products = 0;
    float squares = 0;
    for (int i = 0; i < blockSize; i++) {
      float q = quants[i] - HALF;
      products += values[from + i] * q;
      squares += q * q;
    }
    return squares == 0 ? 0 : products / squares;
  }

  private void keepIfBetter(float[] values, int from, float candidate) {
    float sum = 0;
    for (int i = 0; i < blockSize; i++) {
      float difference = candidate * (quants[i] - HALF) - values[from + i];
      sum += difference * difference;
    }
    if (sum < error) {
      error = sum;
      scale = candidate;
      System.arraycopy(quants, 0, best, 0, blockSize);
    }
  }
}
