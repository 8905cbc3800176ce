package io.talchum.adapter;

/**
 * Gates that are one number per sequence: mean over the tokens of sigmoid(w i + b). Not causal: the
 * mean is over the prompt, and kept while decoding (UniPELT, arXiv:2110.07577).
 *
 * @param outputs number of gates
 * @param weight f32 [outputs, in]
 * @param bias f32 [outputs]
 */
public record SequenceGate(int outputs, float[] weight, float[] bias) {}
