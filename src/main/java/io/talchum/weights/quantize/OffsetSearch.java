package io.talchum.weights.quantize;

import static io.talchum.weights.quantize.Quantizers.BLOCK;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * int4 with an offset: w = scale * (q - 8) + offset, both chosen to lower the squared error.
 *
 * <p>The Q4_1 rule (scale = (max - min) / 15, offset from the min) and {@value #STEPS} scales
 * around it are tried; for each the least-squares scale and offset of its quants are computed, and
 * the candidate with the smallest error wins. Each lane of a vector is another block, so that the
 * numbers do not depend on the machine's vectors. Mutable; one thread.
 */
final class OffsetSearch {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = SPECIES.length();
  private static final int STEPS = 20;
  private static final float TOP = 15;

  private final float[] x = new float[BLOCK * LANES]; // [element, block], above the block's min
  private final float[] low = new float[LANES];
  private final float[] range = new float[LANES];
  private final float[] inverses = new float[LANES];
  private final float[] steps = new float[LANES];
  private final float[] bases = new float[LANES];

  /**
   * Quantizes blocks of 32 values.
   *
   * @param quants receives one quant per value from {@code quantsAt} on
   * @param scales receives one scale per block from {@code at} on, {@code offsets} likewise
   */
  void quantize(
      float[] values, int blocks, byte[] quants, float[] scales, float[] offsets, int at) {
    for (int first = 0; first < blocks; first += LANES) {
      int count = Math.min(LANES, blocks - first);
      load(values, first * BLOCK, count);
      search();
      for (int b = 0; b < count; b++) {
        scales[at + first + b] = steps[b];
        offsets[at + first + b] = low[b] + bases[b] + 8 * steps[b];
        int to = (first + b) * BLOCK;
        for (int i = 0; i < BLOCK; i++) {
          float q = Math.min(TOP, Quantizers.round(x[i * LANES + b] * inverses[b]));
          quants[to + i] = (byte) q;
        }
      }
    }
  }

  private void load(float[] values, int from, int blocks) {
    for (int b = 0; b < blocks; b++) {
      int start = from + b * BLOCK;
      float min = Float.POSITIVE_INFINITY;
      float max = Float.NEGATIVE_INFINITY;
      for (int i = 0; i < BLOCK; i++) {
        min = Math.min(min, values[start + i]);
        max = Math.max(max, values[start + i]);
      }
      low[b] = min;
      range[b] = max - min;
      for (int i = 0; i < BLOCK; i++) {
        x[i * LANES + b] = values[start + i] - min;
      }
    }
  }

  /** Fills {@link #inverses}, {@link #steps} and {@link #bases}. */
  private void search() {
    FloatVector ranges = FloatVector.fromArray(SPECIES, range, 0);
    VectorMask<Float> flat = ranges.eq(0);
    FloatVector sumX = FloatVector.zero(SPECIES);
    FloatVector sumXx = sumX;
    for (int i = 0; i < BLOCK; i++) {
      FloatVector value = FloatVector.fromArray(SPECIES, x, i * LANES);
      sumX = sumX.add(value);
      sumXx = value.fma(value, sumXx);
    }
    FloatVector noise = sumXx.mul(Quantizers.NOISE);
    FloatVector inverse = FloatVector.broadcast(SPECIES, TOP).div(ranges).blend(0, flat);
    FloatVector step = ranges.div(TOP);
    FloatVector base = FloatVector.zero(SPECIES);
    FloatVector error = error(inverse, step);
    for (int candidate = 0; candidate <= STEPS; candidate++) {
      FloatVector tried =
          FloatVector.broadcast(SPECIES, TOP - 1 + 0.1f * candidate).div(ranges).blend(0, flat);
      FloatVector sumQ = FloatVector.zero(SPECIES);
      FloatVector sumQq = sumQ;
      FloatVector sumXq = sumQ;
      for (int i = 0; i < BLOCK; i++) {
        FloatVector value = FloatVector.fromArray(SPECIES, x, i * LANES);
        FloatVector q = quants(value, tried);
        sumQ = sumQ.add(q);
        sumQq = q.fma(q, sumQq);
        sumXq = value.fma(q, sumXq);
      }
      FloatVector determinant = sumQq.mul(BLOCK).sub(sumQ.mul(sumQ));
      FloatVector newStep = sumXq.mul(BLOCK).sub(sumX.mul(sumQ)).div(determinant);
      FloatVector newBase = sumQq.mul(sumX).sub(sumQ.mul(sumXq)).div(determinant);
      FloatVector newError = sumXx.sub(newStep.mul(sumXq)).sub(newBase.mul(sumX)).max(noise);
      VectorMask<Float> better = newError.lt(error).and(determinant.compare(VectorOperators.GT, 0));
      error = error.blend(newError, better);
      step = step.blend(newStep, better);
      base = base.blend(newBase, better);
      inverse = inverse.blend(tried, better);
    }
    inverse.intoArray(inverses, 0);
    step.intoArray(steps, 0);
    base.intoArray(bases, 0);
  }

  /** The squared error of the rule without a search. */
  private FloatVector error(FloatVector inverse, FloatVector step) {
    FloatVector error = FloatVector.zero(SPECIES);
    for (int i = 0; i < BLOCK; i++) {
      FloatVector value = FloatVector.fromArray(SPECIES, x, i * LANES);
      FloatVector difference = step.mul(quants(value, inverse)).sub(value);
      error = difference.fma(difference, error);
    }
    return error;
  }

  private static FloatVector quants(FloatVector value, FloatVector inverse) {
    return value.mul(inverse).add(Quantizers.WHOLE).sub(Quantizers.WHOLE).min(TOP);
  }
}
