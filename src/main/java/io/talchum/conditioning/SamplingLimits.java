package io.talchum.conditioning;

/**
 * Bounds of the sampling fields that are a matter of cost, not of meaning.
 *
 * @param stopStrings most stop strings of a request
 * @param stopStringChars most characters of one stop string
 * @param logitBiases most entries of logit_bias
 * @param topLogprobs most alternatives per token
 */
public record SamplingLimits(
    int stopStrings, int stopStringChars, int logitBiases, int topLogprobs) {
  public static final SamplingLimits DEFAULT = new SamplingLimits(16, 256, 1024, 20);
}
