package io.talchum.adapter;

import io.talchum.core.Linear;

/**
 * A low-rank change of one linear: y += B (A x), LoRA (arXiv:2106.09685) and all that reduces to
 * it.
 *
 * @param layer 0-based
 * @param linear which linear of the layer
 * @param rank number of rows of A
 * @param a f32 [rank, in], row-major
 * @param b f32 [out, rank], row-major, the scale (alpha / r) already multiplied in
 */
public record LowRankDelta(int layer, Linear linear, int rank, float[] a, float[] b) {}
