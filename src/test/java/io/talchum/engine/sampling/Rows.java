package io.talchum.engine.sampling;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.random.RandomGenerator;

/** Rows of logits for tests. */
final class Rows {
  private Rows() {}

  static MemorySegment of(float... logits) {
    MemorySegment row = Arena.ofAuto().allocate((long) logits.length * Float.BYTES, Float.BYTES);
    MemorySegment.copy(logits, 0, row, ValueLayout.JAVA_FLOAT, 0, logits.length);
    return row;
  }

  /** Gaussian logits; {@code isCoarse} rounds them so that many are equal. */
  static float[] random(RandomGenerator random, int vocab, boolean isCoarse) {
    float[] logits = new float[vocab];
    for (int i = 0; i < vocab; i++) {
      float x = (float) (random.nextGaussian() * 3);
      logits[i] = isCoarse ? Math.round(x) : x;
    }
    return logits;
  }

  static float[] toArray(MemorySegment row) {
    return row.toArray(ValueLayout.JAVA_FLOAT);
  }
}
