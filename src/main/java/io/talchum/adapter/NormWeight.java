package io.talchum.adapter;

import io.talchum.core.Norm;

/**
 * Replaces a norm's weight (LN tuning, arXiv:2312.11420; modules_to_save).
 *
 * @param norm one that the base has
 * @param weight f32 [{@code ModelSpec.size(norm)}], as it is multiplied: where the checkpoint keeps
 *     weights minus 1, the 1 is added
 */
public record NormWeight(int layer, Norm norm, float[] weight) implements AdapterPrimitive {}
