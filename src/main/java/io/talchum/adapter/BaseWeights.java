package io.talchum.adapter;

import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;

/**
 * The base's weights as it computes with them, dequantized and read row by row: some adapter kinds
 * need them once, when they are loaded. Any thread.
 */
public interface BaseWeights {
  ModelSpec spec();

  /** Rows [out, in] of a linear of a layer. */
  Rows linear(int layer, Linear linear);

  /** f32 [out], zeros if the linear has no bias. */
  float[] bias(int layer, Linear linear);

  /** Rows [vocab, hidden] of the look-up, before the embedding scale. */
  Rows embedding();

  /** Rows [vocab, hidden] of the head; the look-up's if tied. */
  Rows head();

  /** A matrix that is read one row at a time. */
  @FunctionalInterface
  interface Rows {
    /** Writes a row to the start of the target. */
    void read(int row, float[] target);
  }
}
