package io.talchum.adapter;

import io.talchum.core.Linear;

/**
 * Added to a linear's output after all else, whether it has a bias or not: BitFit
 * (arXiv:2106.10199), LoRA's {@code bias} and {@code lora_bias} (times the scale).
 *
 * @param db f32 [out]; saved bias - base's bias
 */
public record BiasDelta(int layer, Linear linear, float[] db) implements AdapterPrimitive {}
