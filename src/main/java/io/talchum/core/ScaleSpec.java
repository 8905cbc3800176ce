package io.talchum.core;

/**
 * Constant factors around the layers.
 *
 * @param embedding multiplies the looked-up embeddings
 * @param residual multiplies what attention and MLP add to the residual stream
 * @param logitDivisor divides the logits
 * @param logitSoftcap c: logits become c tanh(logit / c); 0 is none
 */
public record ScaleSpec(float embedding, float residual, float logitDivisor, float logitSoftcap) {
  public static final ScaleSpec NONE = new ScaleSpec(1, 1, 1, 0);
}
