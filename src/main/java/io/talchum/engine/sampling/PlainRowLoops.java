package io.talchum.engine.sampling;

import java.lang.foreign.MemorySegment;

/** One number after the other, where the Vector API is not there. */
final class PlainRowLoops implements RowLoops {
  private static final int STRETCH = 64;

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
    double sum = 0;
    for (int i = start; i < end; i++) {
      sum += LogitLoops.exp((LogitLoops.get(row, i) - max) * scale);
    }
    return sum;
  }
}
