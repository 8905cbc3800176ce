package io.talchum.engine.sampling;

import io.talchum.core.ErrorCode;
import io.talchum.core.SamplingParams;
import io.talchum.core.ServeException;
import java.lang.foreign.MemorySegment;
import java.util.OptionalInt;
import java.util.random.RandomGenerator;

/**
 * Chooses one token of an adjusted row: greedy, or temperature, top_k, top_p (arXiv:1904.09751),
 * min_p (arXiv:2407.01082), then a draw with one random number.
 */
public final class TokenDraw {
  /** Temperatures below this are greedy, as in vLLM: dividing by them leaves the range of f32. */
  static final float MIN_TEMPERATURE = 1e-5f;

  /** First guess of how many candidates reach top_p; grows eightfold until they do. */
  private static final int FIRST_CANDIDATES = 64;

  private TokenDraw() {}

  /**
   * The chosen token id; does not write into the row.
   *
   * @param row f32 [vocab]
   * @param random gives exactly one number unless the choice is greedy
   * @throws ServeException INTERNAL if the row holds NaN or no finite maximum
   */
  public static int draw(MemorySegment row, SamplingParams params, RandomGenerator random) {
    float max = checkedMax(row);
    if (params.temperature() < MIN_TEMPERATURE) {
      return LogitLoops.indexOf(row, max);
    }
    double point = random.nextDouble();
    if (params.topK() == 1) {
      return LogitLoops.indexOf(row, max);
    }
    if (params.topK() > 0 && params.topK() < LogitLoops.length(row)) {
      TopTokens top = TopTokens.of(row, params.topK());
      return pick(top, weights(top, params.temperature()), params, Double.NaN, point);
    }
    if (params.topP() < 1f || params.minP() > 0f) {
      return drawNucleus(row, max, params, point);
    }
    return drawFromAll(row, max, params.temperature(), point);
  }

  /**
   * The same, where the likeliest tokens alone decide; empty, and no number drawn, where they do
   * not or hold no number.
   *
   * @param top of a row whose other tokens are none of them likelier
   */
  public static OptionalInt draw(TopTokens top, SamplingParams params, RandomGenerator random) {
    if (top.size() == 0 || !Float.isFinite(top.logits()[0])) {
      return OptionalInt.empty();
    }
    if (params.temperature() < MIN_TEMPERATURE) {
      return OptionalInt.of(top.ids()[0]);
    }
    if (params.topK() == 1) {
      random.nextDouble();
      return OptionalInt.of(top.ids()[0]);
    }
    if (params.topK() > 0 && params.topK() <= top.size()) {
      TopTokens first = top.first(params.topK());
      double[] weights = weights(first, params.temperature());
      return OptionalInt.of(pick(first, weights, params, Double.NaN, random.nextDouble()));
    }
    double[] weights = weights(top, params.temperature());
    return params.topK() == 0 && params.topP() >= 1f && weights[weights.length - 1] < params.minP()
        ? OptionalInt.of(pick(top, weights, params, Double.NaN, random.nextDouble()))
        : OptionalInt.empty();
  }

  /** The row's maximum if it is finite. */
  static float checkedMax(MemorySegment row) {
    float max = LogitLoops.max(row);
    if (Float.isNaN(max) || max == Float.POSITIVE_INFINITY) {
      throw new ServeException(
          ErrorCode.INTERNAL,
          "the model's logits hold "
              + max
              + ": the adapter's or the model's weights overflow; try the request without adapter");
    }
    if (max == Float.NEGATIVE_INFINITY) {
      throw new ServeException(
          ErrorCode.INTERNAL,
          "every token that may come next has the logit minus infinity: relax min_tokens, stop_token_ids, logit_bias");
    }
    return max;
  }

  /** Without top_k: takes ever more candidates until the nucleus is among them. */
  private static int drawNucleus(
      MemorySegment row, float max, SamplingParams params, double point) {
    double total = LogitLoops.sumExp(row, max, 1f / params.temperature());
    int vocab = LogitLoops.length(row);
    for (int k = FIRST_CANDIDATES; ; k *= 8) {
      TopTokens top = TopTokens.of(row, Math.min(k, vocab));
      double[] weights = weights(top, params.temperature());
      if (top.size() < k || k >= vocab || isCovered(weights, params, total)) {
        return pick(top, weights, params, total, point);
      }
    }
  }

  /** Whether the tokens beyond the candidates are cut by top_p or min_p anyway. */
  private static boolean isCovered(double[] weights, SamplingParams params, double total) {
    if (weights[weights.length - 1] < params.minP()) {
      return true;
    }
    double sum = 0;
    for (double weight : weights) {
      sum += weight;
    }
    return params.topP() < 1f && sum >= params.topP() * total;
  }

  /** Relative to the best token: exp((logit - max) / temperature), best first. */
  private static double[] weights(TopTokens top, float temperature) {
    double[] weights = new double[top.size()];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = Math.exp(((double) top.logits()[i] - top.logits()[0]) / temperature);
    }
    return weights;
  }

  /**
   * Cuts by top_p, then min_p, and draws.
   *
   * @param total sum of the weights of all tokens that top_p counts; NaN for that of the candidates
   */
  private static int pick(
      TopTokens top, double[] weights, SamplingParams params, double total, double point) {
    double all = total;
    if (Double.isNaN(all)) {
      all = 0;
      for (double weight : weights) {
        all += weight;
      }
    }
    int kept = 0;
    double keptSum = 0;
    while (kept < weights.length
        && (kept == 0
            || ((params.topP() >= 1f || keptSum < params.topP() * all)
                && weights[kept] >= params.minP()))) {
      keptSum += weights[kept++];
    }
    double target = point * keptSum;
    double sum = 0;
    for (int i = 0; i < kept; i++) {
      sum += weights[i];
      if (sum > target) {
        return top.ids()[i];
      }
    }
    return top.ids()[0]; // rounding only: the sums are equal
  }

  /** Inverse of the cumulative distribution, first by blocks, then by tokens. */
  private static int drawFromAll(MemorySegment row, float max, float temperature, double point) {
    int vocab = LogitLoops.length(row);
    float scale = 1f / temperature;
    double[] sums = new double[(vocab + LogitLoops.BLOCK - 1) / LogitLoops.BLOCK];
    double total = 0;
    for (int block = 0; block < sums.length; block++) {
      int start = block * LogitLoops.BLOCK;
      int end = Math.min(vocab, start + LogitLoops.BLOCK);
      sums[block] = LogitLoops.blockSumExp(row, start, end, max, scale);
      total += sums[block];
    }
    double left = point * total;
    int block = 0;
    while (block < sums.length - 1 && left >= sums[block]) {
      left -= sums[block++];
    }
    int start = block * LogitLoops.BLOCK;
    int found = pickInBlock(row, start, max, scale, left);
    return found >= 0 ? found : LogitLoops.indexOf(row, max); // rounding only
  }

  /** The last token with weight if rounding leaves more than the block holds; -1 if none has. */
  private static int pickInBlock(
      MemorySegment row, int start, float max, float scale, double target) {
    int end = Math.min(LogitLoops.length(row), start + LogitLoops.BLOCK);
    double left = target;
    int last = -1;
    for (int i = start; i < end; i++) {
      float weight = LogitLoops.exp((LogitLoops.get(row, i) - max) * scale);
      if (weight > 0) {
        last = i;
        left -= weight;
        if (left < 0) {
          return i;
        }
      }
    }
    return last;
  }
}
