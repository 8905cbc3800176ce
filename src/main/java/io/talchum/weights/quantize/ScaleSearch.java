package io.talchum.weights.quantize;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * Symmetric int4: w = scale * (q - 8), the scale chosen to lower the squared error.
 *
 * <p>The plain rule (scale = the weight of largest magnitude / -8) and {@value #STEPS} scales
 * around it are tried; for each the least-squares scale of its quants is computed, and the
 * candidate with the smallest error wins. Lanes as in {@link OffsetSearch}. Mutable; one thread.
 */
public final class ScaleSearch {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = SPECIES.length();
  private static final int STEPS = 18;
  private static final float LEAST = -8;
  private static final float MOST = 7;

  private final int blockSize;
  private final float[] x; // [element, block]
  private final float[] extreme = new float[LANES];
  private final float[] inverses = new float[LANES];
  private final float[] scales = new float[LANES];

  public ScaleSearch(int blockSize) {
    this.blockSize = blockSize;
    this.x = new float[blockSize * LANES];
  }

  /**
   * Quantizes blocks of values.
   *
   * @param quants receives one quant per value
   * @param target receives one scale per block from {@code at} on
   */
  public void quantize(float[] values, int blocks, byte[] quants, float[] target, int at) {
    for (int first = 0; first < blocks; first += LANES) {
      int count = Math.min(LANES, blocks - first);
      load(values, first * blockSize, count);
      search();
      for (int b = 0; b < count; b++) {
        target[at + first + b] = scales[b];
        int to = (first + b) * blockSize;
        for (int i = 0; i < blockSize; i++) {
          float q = Quantizers.round(x[i * LANES + b] * inverses[b]);
          quants[to + i] = (byte) (Math.max(LEAST, Math.min(MOST, q)) - LEAST);
        }
      }
    }
  }

  private void load(float[] values, int from, int blocks) {
    for (int b = 0; b < blocks; b++) {
      int start = from + b * blockSize;
      extreme[b] = Quantizers.extreme(values, start, blockSize);
      for (int i = 0; i < blockSize; i++) {
        x[i * LANES + b] = values[start + i];
      }
    }
  }

  /** Fills {@link #inverses} and {@link #scales}. */
  private void search() {
    FloatVector extremes = FloatVector.fromArray(SPECIES, extreme, 0);
    VectorMask<Float> zero = extremes.eq(0);
    FloatVector sumXx = FloatVector.zero(SPECIES);
    for (int i = 0; i < blockSize; i++) {
      FloatVector value = FloatVector.fromArray(SPECIES, x, i * LANES);
      sumXx = value.fma(value, sumXx);
    }
    FloatVector noise = sumXx.mul(Quantizers.NOISE);
    FloatVector inverse = FloatVector.broadcast(SPECIES, LEAST).div(extremes).blend(0, zero);
    FloatVector scale = extremes.div(LEAST);
    FloatVector error = error(inverse, scale);
    for (int step = -STEPS / 2; step <= STEPS / 2; step++) {
      FloatVector tried =
          FloatVector.broadcast(SPECIES, LEAST - 0.15f * step).div(extremes).blend(0, zero);
      FloatVector sumQq = FloatVector.zero(SPECIES);
      FloatVector sumXq = sumQq;
      for (int i = 0; i < blockSize; i++) {
        FloatVector value = FloatVector.fromArray(SPECIES, x, i * LANES);
        FloatVector q = quants(value, tried);
        sumQq = q.fma(q, sumQq);
        sumXq = value.fma(q, sumXq);
      }
      FloatVector newScale = sumXq.div(sumQq);
      FloatVector newError = sumXx.sub(newScale.mul(sumXq)).max(noise);
      VectorMask<Float> better = newError.lt(error); // never where sumQq is 0: NaN
      error = error.blend(newError, better);
      scale = scale.blend(newScale, better);
      inverse = inverse.blend(tried, better);
    }
    inverse.intoArray(inverses, 0);
    scale.intoArray(scales, 0);
  }

  /** The squared error of the rule without a search. */
  private FloatVector error(FloatVector inverse, FloatVector scale) {
    FloatVector error = FloatVector.zero(SPECIES);
    for (int i = 0; i < blockSize; i++) {
      FloatVector value = FloatVector.fromArray(SPECIES, x, i * LANES);
      FloatVector difference = scale.mul(quants(value, inverse)).sub(value);
      error = difference.fma(difference, error);
    }
    return error;
  }

  private static FloatVector quants(FloatVector value, FloatVector inverse) {
    return value.mul(inverse).add(Quantizers.WHOLE).sub(Quantizers.WHOLE).min(MOST).max(LEAST);
  }
}
