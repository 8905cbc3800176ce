package io.talchum.adapter;

/**
 * A low-rank change of the head, after {@link HeadRows} and before soft cap and divisor: logits +=
 * scale * B (A x). LoRA on lm_head.
 *
 * @param a f32 [rank, hidden]
 * @param b f32 [vocab, rank]
 */
public record HeadLowRank(int rank, float scale, FloatValues a, FloatValues b)
    implements AdapterPrimitive {
  /** With numbers on the heap. */
  public HeadLowRank(int rank, float scale, float[] a, float[] b) {
    this(rank, scale, FloatValues.of(a), FloatValues.of(b));
  }
}
