package io.talchum.adapter;

/**
 * Replaces the weight of the norm before the head.
 *
 * @param weight f32 [hidden], as it is multiplied
 */
public record FinalNormWeight(float[] weight) implements AdapterPrimitive {}
