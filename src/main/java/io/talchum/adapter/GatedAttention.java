package io.talchum.adapter;

/**
 * Attention over keys and values of the adapter's own, added to a layer's attention before its
 * output projection: gate * softmax(rope(q) K^T / sqrt(headDim)) V. LLaMA-Adapter
 * (arXiv:2303.16199); K and V are the base's k_proj and v_proj of the adaption prompt, not rotated.
 *
 * @param tokens n, at least 1; they take no positions
 * @param keys f32 [n, kvHeads, headDim]
 * @param values f32 [n, kvHeads, headDim]
 */
public record GatedAttention(int layer, int tokens, float[] keys, float[] values, float gate)
    implements AdapterPrimitive {}
