package io.talchum.engine.sampling;

import java.lang.foreign.MemorySegment;

/**
 * A row's normaliser: log-probability = logit - max - logSum, nats.
 *
 * @param max the largest logit
 * @param logSum ln of the sum of exp(logit - max)
 */
public record LogSoftmax(float max, double logSum) {

  /**
   * Reads the row; does not write.
   *
   * @throws io.talchum.core.ServeException INTERNAL if the row holds NaN or no finite maximum
   */
  public static LogSoftmax of(MemorySegment row) {
    float max = TokenDraw.checkedMax(row);
    return new LogSoftmax(max, Math.log(LogitLoops.sumExp(row, max, 1f)));
  }

  /** The log-probability of a token with this logit; equal logits give the identical float. */
  public float logprob(float logit) {
    return (float) ((double) logit - max - logSum);
  }

  /** The log-probability of one token of the row that this was made of. */
  public float logprob(MemorySegment row, int tokenId) {
    return logprob(LogitLoops.get(row, tokenId));
  }
}
