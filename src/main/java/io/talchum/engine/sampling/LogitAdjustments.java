package io.talchum.engine.sampling;

import io.talchum.core.SamplingParams;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * What changes the logits of tokens before constraints forbid some and one is chosen, in vLLM's
 * order; writes into the row. A bias of -100 makes a token unlikely and forbids nothing, as in
 * OpenAI's API.
 */
public final class LogitAdjustments {
  private LogitAdjustments() {}

  /** Whether the parameters need {@link TokenCounts}. */
  public static boolean needsCounts(SamplingParams params) {
    return params.repetitionPenalty() != 1f
        || params.frequencyPenalty() != 0f
        || params.presencePenalty() != 0f;
  }

  /**
   * Adds the bias, applies the penalties.
   *
   * @param row f32 [vocab], changed
   * @param counts null if {@link #needsCounts} says that none are needed
   */
  public static void apply(MemorySegment row, SamplingParams params, @Nullable TokenCounts counts) {
    params
        .logitBias()
        .forEach((id, bias) -> LogitLoops.set(row, id, LogitLoops.get(row, id) + bias));
    if (counts != null) {
      penalize(row, params, counts);
    }
  }

  private static void penalize(MemorySegment row, SamplingParams params, TokenCounts counts) {
    float repetition = params.repetitionPenalty();
    for (int i = 0; i < counts.size(); i++) {
      int id = counts.id(i);
      float x = LogitLoops.get(row, id);
      x = x > 0 ? x / repetition : x * repetition;
      int generated = counts.generated(i);
      if (generated > 0) {
        x -= params.frequencyPenalty() * generated + params.presencePenalty();
      }
      LogitLoops.set(row, id, x);
    }
  }
}
