package io.talchum.engine;

import io.talchum.core.SamplingParams;
import io.talchum.engine.TokenLogprob.Candidate;
import io.talchum.engine.sampling.LogSoftmax;
import io.talchum.engine.sampling.LogitAdjustments;
import io.talchum.engine.sampling.SeededStream;
import io.talchum.engine.sampling.TokenCounts;
import io.talchum.engine.sampling.TokenDraw;
import io.talchum.engine.sampling.TopTokens;
import io.talchum.model.StepLogits;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** One sequence's way from logits to tokens, with its own counts and random stream. */
final class SequenceSampler {
  private static final int[] NONE = {};

  private final SamplingParams params;
  private final @Nullable TokenCounts counts;
  private final SeededStream random;
  private final int[] barredBeforeMin;
  private final boolean logprobs;
  private int generated;

  /**
   * @param wantsLogprobs whether each token's log-probability is wanted though the parameters do
   *     not say so
   */
  SequenceSampler(
      SamplingParams params,
      int[] promptTokenIds,
      Set<Integer> eosTokenIds,
      boolean wantsLogprobs) {
    this.params = params;
    this.logprobs = params.logprobs() || wantsLogprobs;
    this.counts = LogitAdjustments.needsCounts(params) ? new TokenCounts(promptTokenIds) : null;
    this.random = new SeededStream(params.seed());
    this.barredBeforeMin =
        params.minTokens() == 0
            ? NONE
            : IntStream.concat(
                    eosTokenIds.stream().mapToInt(Integer::intValue),
                    params.stopTokenIds().stream().mapToInt(Integer::intValue))
                .distinct()
                .toArray();
  }

  /**
   * @param logprob null unless asked for
   */
  record Choice(int tokenId, @Nullable TokenLogprob logprob) {}

  /** Chooses the next token; overwrites the row unless its candidates were enough. */
  Choice next(StepLogits logits, int number) {
    int[] barred = generated < params.minTokens() ? barredBeforeMin : NONE;
    if (counts == null && barred.length == 0 && params.logitBias().isEmpty() && !logprobs) {
      OptionalInt chosen = amongCandidates(logits.candidates(number));
      if (chosen.isPresent()) {
        generated++;
        return new Choice(chosen.getAsInt(), null);
      }
    }
    return next(logits.row(number), barred);
  }

  private OptionalInt amongCandidates(StepLogits.@Nullable Candidates candidates) {
    return candidates == null
        ? OptionalInt.empty()
        : TokenDraw.draw(new TopTokens(candidates.ids(), candidates.logits()), params, random);
  }

  private Choice next(MemorySegment row, int[] barred) {
    LogitAdjustments.apply(row, params, barred, counts);
    int tokenId = TokenDraw.draw(row, params, random);
    generated++;
    if (counts != null) {
      counts.addGenerated(tokenId);
    }
    return new Choice(tokenId, logprobs ? logprob(row, tokenId) : null);
  }

  /** The log-probability of a token under this row as it is. */
  TokenLogprob logprob(MemorySegment row, int tokenId) {
    LogSoftmax softmax = LogSoftmax.of(row);
    TopTokens top = TopTokens.of(row, params.topLogprobs());
    List<Candidate> candidates = new ArrayList<>(top.size());
    for (int i = 0; i < top.size(); i++) {
      candidates.add(new Candidate(top.ids()[i], softmax.logprob(top.logits()[i])));
    }
    return new TokenLogprob(tokenId, softmax.logprob(row, tokenId), candidates);
  }
}
