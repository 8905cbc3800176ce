package io.talchum.adapter;

import io.talchum.core.Linear;

/**
 * A factor for each output of a linear: y = g * (W x + b + deltas) + bias deltas. IA3
 * (arXiv:2205.05638), DoRA (arXiv:2402.09353) with g = m / |W + s B A| by rows; a method that
 * leaves the bias as it is adds a {@link BiasDelta} of b - g * b.
 *
 * @param g f32 [out]
 */
public record OutputScale(int layer, Linear linear, float[] g) implements AdapterPrimitive {}
