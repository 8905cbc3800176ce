package io.talchum.adapter;

/**
 * A low-rank change of the embedding look-up, after {@link EmbeddingRows}: e(t) += scale * B A[:,
 * t], times the base's embedding scale; the head stays, tied or not. LoRA on embed_tokens.
 *
 * @param a f32 [rank, vocab]
 * @param b f32 [hidden, rank]
 */
public record EmbeddingLowRank(int rank, float scale, FloatValues a, FloatValues b)
    implements AdapterPrimitive {
  /** With numbers on the heap. */
  public EmbeddingLowRank(int rank, float scale, float[] a, float[] b) {
    this(rank, scale, FloatValues.of(a), FloatValues.of(b));
  }
}
