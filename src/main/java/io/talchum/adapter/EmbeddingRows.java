package io.talchum.adapter;

/**
 * Replaces rows of the embedding look-up; the head stays, tied or not. Trained tokens,
 * modules_to_save (all rows).
 *
 * @param tokenIds [n], distinct
 * @param rows f32 [n, hidden], before the base's embedding scale
 */
public record EmbeddingRows(int[] tokenIds, FloatValues rows) implements AdapterPrimitive {
  /** With numbers on the heap. */
  public EmbeddingRows(int[] tokenIds, float[] rows) {
    this(tokenIds, FloatValues.of(rows));
  }
}
