package io.talchum.engine.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.core.ErrorCode;
import io.talchum.core.SamplingParams;
import io.talchum.core.ServeException;
import io.talchum.core.TableConstraint;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SequenceConstraintsTest {
  private final SplittableRandom random = new SplittableRandom(3);

  private static SequenceConstraints of(SamplingParams params, Set<Integer> eos) {
    return Objects.requireNonNull(SequenceConstraints.of(params, eos));
  }

  @Test
  void whoAsksForNoneHasNone() {
    assertThat(SequenceConstraints.of(SamplingParams.greedy(5), Set.of(1))).isNull();
  }

  /** One of the tokens by all tables at once, written out. */
  private record Expected(List<TableConstraint> tables, int minTokens, Set<Integer> ends) {
    boolean allows(List<Integer> text, int id) {
      boolean isComplete =
          text.size() >= minTokens
              && tables.stream().allMatch(t -> t.complete()[t.stateAfter(text)]);
      return ends.contains(id)
          ? isComplete
          : tables.stream().allMatch(t -> t.next()[t.stateAfter(text)][id] >= 0);
    }
  }

  /** Row, single tokens and likeliest tokens all say what brute force says. */
  @Test
  void leaveWhatBruteForceLeaves() {
    for (int round = 0; round < 150; round++) {
      int vocab = 4 + random.nextInt(200);
      List<TableConstraint> tables = new ArrayList<>();
      double density = random.nextDouble();
      for (int i = random.nextInt(3); i >= 0; i--) {
        tables.add(TableConstraint.random(random, vocab, density, 2));
      }
      int minTokens = random.nextInt(6);
      int eos = random.nextBoolean() ? 0 : vocab - 1;
      SamplingParams params =
          SamplingParams.builder(50)
              .constraints(List.copyOf(tables))
              .minTokens(minTokens)
              .stopTokenIds(List.of(1))
              .build();
      walk(of(params, Set.of(eos)), new Expected(tables, minTokens, Set.of(1, eos)), vocab);
    }
  }

  private void walk(SequenceConstraints actual, Expected expected, int vocab) {
    List<Integer> text = new ArrayList<>();
    for (int step = 0; step < 12; step++) {
      float[] logits = Rows.random(random, vocab, step % 2 == 0);
      MemorySegment row = Rows.of(logits);
      int likeliest = 1 + random.nextInt(vocab);
      TopTokens few = actual.allowed(TopTokens.of(row, likeliest));
      actual.apply(row);
      List<Integer> allowed = new ArrayList<>();
      for (int id = 0; id < vocab; id++) {
        boolean isAllowed = expected.allows(text, id);
        assertThat(actual.allows(id)).as("token %d after %s", id, text).isEqualTo(isAllowed);
        assertThat(Rows.toArray(row)[id])
            .isEqualTo(isAllowed ? logits[id] : Float.NEGATIVE_INFINITY);
        if (isAllowed && !expected.ends().contains(id)) {
          allowed.add(id);
        }
      }
      TopTokens best = TopTokens.of(row, few.size());
      assertThat(few.ids()).isEqualTo(best.ids());
      assertThat(few.logits()).isEqualTo(best.logits());
      int next = allowed.get(random.nextInt(allowed.size()));
      actual.advance(next);
      text.add(next);
    }
  }

  /** A sequence that gave its slot back can be made again from its tokens. */
  @Test
  void areMadeAgainFromTheirTokens() {
    TableConstraint table = TableConstraint.random(random, 90, 0.4, 2);
    SamplingParams params = SamplingParams.builder(50).constraints(List.of(table)).build();
    SequenceConstraints first = of(params, Set.of(0));
    List<Integer> told = new ArrayList<>();
    for (int step = 0; step < 30; step++) {
      int start = random.nextInt(90);
      int id = start;
      while (id == 0 || !first.allows(id)) {
        id = (id + 1) % 90;
      }
      first.advance(id);
      told.add(id);
      SequenceConstraints again = of(params, Set.of(0));
      told.forEach(again::advance);
      for (int other = 0; other < 90; other++) {
        assertThat(again.allows(other)).isEqualTo(first.allows(other));
      }
    }
  }

  @Test
  void minTokensForbidsEachEndUntilThen() {
    SamplingParams params =
        SamplingParams.builder(9).minTokens(2).stopTokenIds(List.of(5, 65, 5)).build();
    SequenceConstraints constraints = of(params, Set.of(0, 65));
    float[] logits = Rows.random(random, 70, false);
    for (int generated = 0; generated < 2; generated++) {
      assertThat(constraints.allowsAll()).isFalse();
      MemorySegment row = Rows.of(logits);
      constraints.apply(row);
      float[] expected = logits.clone();
      for (int end : new int[] {0, 5, 65}) {
        expected[end] = Float.NEGATIVE_INFINITY;
      }
      assertThat(Rows.toArray(row)).isEqualTo(expected);
      constraints.advance(3);
    }
    assertThat(constraints.allowsAll()).isTrue();
    MemorySegment row = Rows.of(logits);
    constraints.apply(row);
    assertThat(Rows.toArray(row)).isEqualTo(logits);
  }

  @Test
  void allowingAllLeavesTheRowBitForBit() {
    SamplingParams params =
        SamplingParams.builder(9).constraints(List.of(TableConstraint.everything(130))).build();
    float[] logits = Rows.random(random, 130, false);
    logits[7] = Float.intBitsToFloat(0x7fc0_1234); // a NaN of its own
    MemorySegment row = Rows.of(logits);
    of(params, Set.of(0)).apply(row);
    assertThat(row.mismatch(Rows.of(logits))).isEqualTo(-1);
  }

  /** Where nothing may follow there is an error, and never a token that is not allowed. */
  @Test
  void nothingLeftIsAnError() {
    int[] none = new int[70];
    Arrays.fill(none, -1);
    for (boolean isComplete : new boolean[] {false, true}) {
      TableConstraint empty =
          new TableConstraint("nothing", new int[][] {none}, new boolean[] {isComplete});
      SamplingParams params =
          SamplingParams.builder(9).minTokens(4).constraints(List.of(empty)).build();
      MemorySegment row = Rows.of(Rows.random(random, 70, false));
      assertThatThrownBy(() -> of(params, Set.of(0)).apply(row))
          .hasMessageContaining("nothing and min_tokens 4")
          .hasMessageContaining("after 0 tokens")
          .isInstanceOfSatisfying(
              ServeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INTERNAL));
    }
  }

  @Test
  void aMaskOfAnotherVocabularyIsRefused() {
    SamplingParams params = SamplingParams.builder(9).minTokens(1).build();
    SequenceConstraints constraints = of(params, Set.of(0));
    constraints.apply(Rows.of(new float[70]));
    assertThatThrownBy(() -> constraints.apply(Rows.of(new float[71])))
        .hasMessageContaining("70")
        .hasMessageContaining("71");
  }
}
