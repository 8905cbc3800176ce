package io.talchum.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.talchum.core.ErrorCode;
import io.talchum.core.SamplingParams;
import io.talchum.core.ServeException;
import io.talchum.core.TableConstraint;
import io.talchum.core.TokenConstraint;
import io.talchum.engine.SequenceSampler.Choice;
import io.talchum.engine.sampling.TopTokens;
import io.talchum.model.StepLogits;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Constraints on the way from logits to tokens, with whole rows and with a device's candidates. */
class SequenceSamplerTest {
  private static final int VOCAB = 200;
  private static final int EOS = 3;

  private final SplittableRandom random = new SplittableRandom(5);
  private int rowsFetched;

  /** Logits on a device that gives so many candidates; 0 is memory of this process. */
  private final class OneRow implements StepLogits {
    private final MemorySegment row = Arena.ofAuto().allocate((long) VOCAB * Float.BYTES, 4);
    private final int candidates;

    OneRow(float[] logits, int candidates) {
      MemorySegment.copy(logits, 0, row, ValueLayout.JAVA_FLOAT, 0, VOCAB);
      this.candidates = candidates;
    }

    @Override
    public int rows() {
      return 1;
    }

    @Override
    public int vocabSize() {
      return VOCAB;
    }

    @Override
    public MemorySegment row(int number) {
      rowsFetched++;
      return row;
    }

    @Override
    public @Nullable Candidates candidates(int number) {
      if (candidates == 0) {
        return null;
      }
      TopTokens top = TopTokens.of(row, candidates);
      return new Candidates(top.ids(), top.logits());
    }
  }

  private float[] logits(boolean isCoarse) {
    float[] logits = new float[VOCAB];
    for (int id = 0; id < VOCAB; id++) {
      double x = random.nextGaussian() * 3;
      logits[id] = (float) (isCoarse ? Math.rint(x) : x);
    }
    return logits;
  }

  private static List<SamplingParams> kinds() {
    SamplingParams.Builder any = SamplingParams.builder(40).seed(11);
    return List.of(
        any.temperature(0).build(),
        any.temperature(1).build(),
        any.topK(8).build(),
        any.topP(0.9f).build(),
        any.topK(1).build(),
        any.topK(0).build(),
        any.topP(1).minP(0.1f).build(),
        any.minP(0).logprobs(true).topLogprobs(3).build(),
        any.logprobs(false).repetitionPenalty(1.3f).build(),
        any.repetitionPenalty(1).build().toBuilder().minTokens(5).build());
  }

  private List<Choice> choices(SamplingParams params, List<float[]> steps, int candidates) {
    SequenceSampler sampler = new SequenceSampler(params, new int[] {1, 2}, Set.of(EOS), false);
    List<Choice> choices = new ArrayList<>();
    for (float[] logits : steps) {
      choices.add(sampler.next(new OneRow(logits, candidates), 0));
    }
    return choices;
  }

  private List<float[]> steps() {
    List<float[]> steps = new ArrayList<>();
    for (int i = 0; i < 25; i++) {
      steps.add(logits(i % 2 == 0));
    }
    return steps;
  }

  /** And the same log-probabilities. */
  @Test
  void aConstraintThatAllowsAllIsAsNone() {
    for (SamplingParams params : kinds()) {
      List<float[]> steps = steps();
      SamplingParams constrained =
          params.toBuilder().constraints(List.of(TableConstraint.everything(VOCAB))).build();
      for (int candidates : new int[] {0, 20}) {
        rowsFetched = 0;
        List<Choice> free = choices(params, steps, candidates);
        int fetched = rowsFetched;
        rowsFetched = 0;
        assertThat(choices(constrained, steps, candidates)).as("%s", params).isEqualTo(free);
        assertThat(rowsFetched).isEqualTo(fetched);
      }
    }
  }

  /** Candidates of which too few are allowed decide nothing: the row is fetched. */
  @Test
  void aDevicesCandidatesGiveTheTokensOfTheRow() {
    int fetchedForCandidates = 0;
    int chosen = 0;
    for (int round = 0; round < 40; round++) {
      List<TokenConstraint> constraints = new ArrayList<>();
      for (int i = 0; i <= round % 2; i++) {
        constraints.add(TableConstraint.random(random, VOCAB, random.nextDouble(), 7));
      }
      for (SamplingParams kind : kinds()) {
        SamplingParams params = kind.toBuilder().constraints(constraints).build();
        List<float[]> steps = steps();
        List<Choice> byRows = choices(params, steps, 0);
        rowsFetched = 0;
        assertThat(choices(params, steps, 20)).as("%s", params).isEqualTo(byRows);
        fetchedForCandidates += rowsFetched;
        chosen += byRows.size();
        checkAllowed(constraints, byRows);
      }
    }
    assertThat(fetchedForCandidates).isBetween(chosen / 10, 9 * chosen / 10);
  }

  private static void checkAllowed(List<TokenConstraint> constraints, List<Choice> choices) {
    List<TokenConstraint.State> states = constraints.stream().map(TokenConstraint::start).toList();
    for (Choice choice : choices) {
      if (choice.tokenId() == EOS) {
        assertThat(states).allMatch(TokenConstraint.State::isComplete);
      } else {
        assertThat(states).allMatch(state -> state.allows(choice.tokenId()));
        states.forEach(state -> state.advance(choice.tokenId()));
      }
    }
  }

  @Test
  void greedyTakesTheBestOfWhatIsAllowed() {
    TableConstraint table = TableConstraint.random(random, VOCAB, 0.1, 7);
    SamplingParams params =
        SamplingParams.greedy(40).toBuilder().constraints(List.of(table)).build();
    List<float[]> steps = steps();
    List<Choice> choices = choices(params, steps, 20);
    List<Integer> text = new ArrayList<>();
    for (int step = 0; step < steps.size(); step++) {
      int state = table.stateAfter(text);
      int best = -1;
      for (int id = 0; id < VOCAB; id++) {
        boolean isAllowed = id == EOS ? table.complete()[state] : table.next()[state][id] >= 0;
        if (isAllowed && (best < 0 || steps.get(step)[id] > steps.get(step)[best])) {
          best = id;
        }
      }
      assertThat(choices.get(step).tokenId()).isEqualTo(best);
      if (best != EOS) {
        text.add(best);
      }
    }
  }

  /** The log-probability of a token is that among those that were allowed. */
  @Test
  void logprobsAreThoseOfWhatIsAllowed() {
    TableConstraint table = TableConstraint.random(random, VOCAB, 0.2, 7);
    SamplingParams params =
        SamplingParams.builder(9)
            .logprobs(true)
            .topLogprobs(VOCAB)
            .constraints(List.of(table))
            .build();
    for (Choice choice : choices(params, steps().subList(0, 1), 20)) {
      TokenLogprob logprob = Objects.requireNonNull(choice.logprob());
      double sum = logprob.top().stream().mapToDouble(c -> Math.exp(c.logprob())).sum();
      assertThat(sum).isCloseTo(1, within(1e-5));
      assertThat(logprob.top())
          .allMatch(
              c -> c.tokenId() == EOS ? table.complete()[0] : table.next()[0][c.tokenId()] >= 0);
    }
  }

  /** A bias of -100 is none: the token still comes where nothing else is allowed. */
  @Test
  void aBiasForbidsNothing() {
    int[] only = new int[VOCAB];
    Arrays.fill(only, -1);
    only[9] = 0;
    TableConstraint table = new TableConstraint("only 9", new int[][] {only}, new boolean[1]);
    SamplingParams params =
        SamplingParams.builder(9).logitBias(Map.of(9, -100f)).constraints(List.of(table)).build();
    assertThat(choices(params, steps(), 20)).allMatch(choice -> choice.tokenId() == 9);
  }

  @Test
  void whereNothingIsAllowedNothingIsDrawn() {
    int[] none = new int[VOCAB];
    Arrays.fill(none, -1);
    TableConstraint table = new TableConstraint("nothing", new int[][] {none}, new boolean[1]);
    for (SamplingParams kind : kinds()) {
      SamplingParams params = kind.toBuilder().constraints(List.of(table)).build();
      for (int candidates : new int[] {0, 20}) {
        assertThatThrownBy(() -> choices(params, steps(), candidates))
            .hasMessageContaining("nothing")
            .isInstanceOfSatisfying(
                ServeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INTERNAL));
      }
    }
  }
}
