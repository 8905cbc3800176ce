package io.talchum.adapter;

import io.talchum.core.Linear;

/**
 * A factor for each input of a linear, which its deltas see too: x' = u * x. IA3 on the MLP's down
 * projection (arXiv:2205.05638).
 *
 * @param u f32 [in]
 */
public record InputScale(int layer, Linear linear, float[] u) implements AdapterPrimitive {}
