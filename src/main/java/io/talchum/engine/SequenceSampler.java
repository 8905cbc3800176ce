package io.talchum.engine;

import io.talchum.core.SamplingParams;
import io.talchum.engine.TokenLogprob.Candidate;
import io.talchum.engine.sampling.LogSoftmax;
import io.talchum.engine.sampling.LogitAdjustments;
import io.talchum.engine.sampling.SeededStream;
import io.talchum.engine.sampling.SequenceConstraints;
import io.talchum.engine.sampling.TokenCounts;
import io.talchum.engine.sampling.TokenDraw;
import io.talchum.engine.sampling.TopTokens;
import io.talchum.model.StepLogits;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One sequence's way from logits to tokens, with its own counts, constraints and random stream.
 *
 * <p>Log-probabilities are those of the row from which the token is chosen: after bias, penalties
 * and constraints, before temperature and cuts.
 */
final class SequenceSampler {
  private final SamplingParams params;
  private final @Nullable TokenCounts counts;
  private final @Nullable SequenceConstraints constraints;
  private final SeededStream random;
  private final boolean logprobs;
  private final boolean needsRow;

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
    this.constraints = SequenceConstraints.of(params, eosTokenIds);
    this.random = new SeededStream(params.seed());
    this.needsRow = logprobs || counts != null || !params.logitBias().isEmpty();
  }

  /**
   * @param logprob null unless asked for
   */
  record Choice(int tokenId, @Nullable TokenLogprob logprob) {}

  /** Chooses the next token; overwrites the row unless its candidates were enough. */
  Choice next(StepLogits logits, int number) {
    OptionalInt chosen =
        needsRow ? OptionalInt.empty() : amongCandidates(logits.candidates(number));
    Choice choice =
        chosen.isPresent() ? new Choice(chosen.getAsInt(), null) : next(logits.row(number));
    if (counts != null) {
      counts.addGenerated(choice.tokenId());
    }
    if (constraints != null) {
      constraints.advance(choice.tokenId());
    }
    return choice;
  }

  /** Those that are allowed are still the likeliest of all that are allowed. */
  private OptionalInt amongCandidates(StepLogits.@Nullable Candidates candidates) {
    if (candidates == null) {
      return OptionalInt.empty();
    }
    TopTokens top = new TopTokens(candidates.ids(), candidates.logits());
    if (constraints != null && !constraints.allowsAll()) {
      top = constraints.allowed(top);
    }
    return TokenDraw.draw(top, params, random);
  }

  private Choice next(MemorySegment row) {
    LogitAdjustments.apply(row, params, counts);
    if (constraints != null) {
      constraints.apply(row);
    }
    int tokenId = TokenDraw.draw(row, params, random);
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
