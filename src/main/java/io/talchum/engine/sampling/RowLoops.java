package io.talchum.engine.sampling;

import java.lang.foreign.MemorySegment;

/** Loops over a row of f32, native order; see {@link LogitLoops}. */
interface RowLoops {
  float max(MemorySegment row);

  /** Minus infinity where a bit is set, of {@code count} numbers from {@code start} on. */
  void forbid(MemorySegment row, int start, int count, long forbidden);

  int indexOf(MemorySegment row, float value);

  int nextStretchAbove(MemorySegment row, int from, float threshold);

  int stretch();

  double blockSumExp(MemorySegment row, int start, int end, float max, float scale);
}
