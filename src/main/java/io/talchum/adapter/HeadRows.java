package io.talchum.adapter;

/**
 * Replaces rows of the head, before soft cap and divisor; the look-up stays, tied or not. Trained
 * tokens of tied bases, modules_to_save (all rows).
 *
 * @param tokenIds [n], distinct
 * @param rows f32 [n, hidden]
 */
public record HeadRows(int[] tokenIds, FloatValues rows) implements AdapterPrimitive {
  /** With numbers on the heap. */
  public HeadRows(int[] tokenIds, float[] rows) {
    this(tokenIds, FloatValues.of(rows));
  }
}
