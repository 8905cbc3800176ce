package io.talchum.adapter;

import io.talchum.core.Linear;

/**
 * A low-rank change of one linear: y += scale * B (A x), LoRA (arXiv:2106.09685) and all that
 * reduces to it. It acts on all tokens, or with an {@link Invocation} from that on.
 *
 * @param layer 0-based
 * @param linear which linear of the layer
 * @param rank number of rows of A
 * @param scale alpha / r, or what the method puts in its place
 * @param a f32 [rank, in], row-major
 * @param b f32 [out, rank], row-major, as in the file: not scaled, so that values from a 16-bit
 *     file stay exact in 16 bits
 */
public record LowRankDelta(
    int layer, Linear linear, int rank, float scale, FloatValues a, FloatValues b)
    implements AdapterPrimitive {
  /** With numbers on the heap. */
  public LowRankDelta(int layer, Linear linear, int rank, float scale, float[] a, float[] b) {
    this(layer, linear, rank, scale, FloatValues.of(a), FloatValues.of(b));
  }
}
