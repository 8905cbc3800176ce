package io.talchum.engine.sampling;

import io.talchum.core.VectorApi;
import java.lang.foreign.MemorySegment;

/**
 * One number after the other, as long as the loops of the Vector API are not compiled, or where it
 * is not there. Sums have the bits of {@link VectorRowLoops}.
 */
final class PlainRowLoops implements RowLoops {
  private static final int STRETCH = 64;

  /** Of the vectors that are imitated. */
  private static final int LANES = VectorApi.isThere() ? VectorRowLoops.LANES : 8;

  @Override
  public float max(MemorySegment row) {
    float max = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < LogitLoops.length(row); i++) {
      max = Math.max(max, LogitLoops.get(row, i));
    }
    return max;
  }

  @Override
  public void forbid(MemorySegment row, int start, int count, long forbidden) {
    for (int i = 0; i < count; i++) {
      if ((forbidden >>> i & 1) != 0) {
        LogitLoops.set(row, start + i, Float.NEGATIVE_INFINITY);
      }
    }
  }

  @Override
  public int indexOf(MemorySegment row, float value) {
    for (int i = 0; i < LogitLoops.length(row); i++) {
      if (LogitLoops.get(row, i) == value) {
        return i;
      }
    }
    return -1;
  }

  @Override
  public int nextStretchAbove(MemorySegment row, int from, float threshold) {
    int i = from;
    for (; i <= LogitLoops.length(row) - STRETCH; i += STRETCH) {
      for (int j = i; j < i + STRETCH; j++) {
        if (LogitLoops.get(row, j) > threshold) {
          return i;
        }
      }
    }
    return i;
  }

  @Override
  public int stretch() {
    return STRETCH;
  }

  @Override
  public double blockSumExp(MemorySegment row, int start, int end, float max, float scale) {
    float[] lanes = new float[LANES];
    int i = start;
    for (; i <= end - LANES; i += LANES) {
      for (int lane = 0; lane < LANES; lane++) {
        lanes[lane] += exp((LogitLoops.get(row, i + lane) - max) * scale);
      }
    }
    double sum = 0;
    for (float lane : lanes) {
      sum += lane;
    }
    for (; i < end; i++) {
      sum += LogitLoops.exp((LogitLoops.get(row, i) - max) * scale);
    }
    return sum;
  }

  /** As the vectors compute it. */
  private static float exp(float x) {
    float cut = Math.max(x, LogitLoops.EXP_FLOOR);
    float shifted = cut * 1.44269504f + 12582912f; // n in the low bits
    float n = shifted - 12582912f;
    float r = cut - n * 0.693359375f - n * -2.12194440e-4f;
    float p = r * 1.9875691500e-4f + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1f;
    int bits = Float.floatToRawIntBits(p) + (Float.floatToRawIntBits(shifted) << 23);
    return x < LogitLoops.EXP_FLOOR ? 0f : Float.intBitsToFloat(bits);
  }
}
