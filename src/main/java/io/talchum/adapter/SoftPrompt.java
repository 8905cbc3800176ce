package io.talchum.adapter;

/**
 * Embeddings in front of the prompt, whose tokens take the positions n, n + 1 ...: prompt tuning
 * (arXiv:2104.08691), P-tuning (arXiv:2103.10385).
 *
 * @param tokens n, at least 1
 * @param embeddings f32 [n, hidden], in the scale in which the layers take them: not multiplied by
 *     the base's embedding scale any more
 */
public record SoftPrompt(int tokens, float[] embeddings) implements AdapterPrimitive {}
