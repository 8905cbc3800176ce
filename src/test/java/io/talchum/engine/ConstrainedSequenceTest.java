package io.talchum.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.core.ErrorCode;
import io.talchum.core.FinishReason;
import io.talchum.core.SamplingParams;
import io.talchum.core.TableConstraint;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Constraints over the whole life of a sequence. */
class ConstrainedSequenceTest {
  private static final int VOCAB = FakeModelExecutor.VOCAB;
  private static final int[] PROMPT = {3, 4, 5, 6, 7, 8};

  /** Token 5, then 6, and so on up to 10; complete only there, where nothing follows. */
  private static final TableConstraint FIVE_TO_TEN = fiveToTen();

  private final FakeModelExecutor executor = new FakeModelExecutor(3, 64);
  private final CoreHarness harness = new CoreHarness(executor);

  private static TableConstraint fiveToTen() {
    int[][] next = new int[7][VOCAB];
    for (int state = 0; state < 7; state++) {
      Arrays.fill(next[state], -1);
      if (state < 6) {
        next[state][5 + state] = state + 1;
      }
    }
    boolean[] complete = new boolean[7];
    complete[6] = true;
    return new TableConstraint("five to ten", next, complete);
  }

  private static SamplingParams.Builder constrained() {
    return SamplingParams.builder(20).seed(4).constraints(List.of(FIVE_TO_TEN));
  }

  private static List<Integer> ids(RecordingSink sink) {
    return sink.tokens.stream().map(TokenEvent::tokenId).toList();
  }

  /** One constraint, several choices: each has a state of its own. */
  @Test
  void choicesShareAConstraintAndEndWhereItIsComplete() {
    List<RecordingSink> sinks =
        List.of(new RecordingSink(), new RecordingSink(), new RecordingSink());
    for (int choice = 0; choice < 3; choice++) {
      harness.submit(constrained().seed(choice).build(), sinks.get(choice), PROMPT);
      harness.step();
    }
    harness.runAll();
    for (RecordingSink sink : sinks) {
      assertThat(ids(sink)).containsExactly(5, 6, 7, 8, 9, 10, FakeTokenizer.EOS);
      assertThat(sink.finished().finishReason()).isEqualTo(FinishReason.STOP);
    }
  }

  @Test
  void stopStringsEndConstrainedSequencesToo() {
    RecordingSink sink = new RecordingSink();
    String third = harness.tokenizer.token(7);
    harness.submit(constrained().stopStrings(List.of(third)).build(), sink, PROMPT);
    harness.runAll();
    assertThat(sink.finished().stopString()).contains(third);
    assertThat(ids(sink)).startsWith(5).hasSizeLessThanOrEqualTo(3);
  }

  @Test
  void minTokensIsOneConstraintMore() {
    RecordingSink sink = new RecordingSink();
    harness.submit(constrained().minTokens(7).build(), sink, PROMPT);
    RecordingSink other = new RecordingSink();
    SamplingParams free = SamplingParams.builder(12).ignoreEos(true).build();
    harness.submit(free, other, PROMPT);
    harness.runAll();
    assertThat(ids(sink)).containsExactly(5, 6, 7, 8, 9, 10);
    assertThat(Objects.requireNonNull(sink.error).code()).isEqualTo(ErrorCode.INTERNAL);
    assertThat(sink.error)
        .hasMessageContaining("five to ten and min_tokens 7")
        .hasMessageContaining("after 6 tokens");
    assertThat(other.tokens).isEqualTo(CoreHarness.alone(PROMPT, 0, free).tokens);
  }

  /** It reads its tokens again, and its constraints are where they were. */
  @Test
  void oneThatGaveItsSlotBackGoesOnWhereItWas() {
    FakeModelExecutor one = new FakeModelExecutor(1, 64);
    one.takesGivenCompletions = true; // more is read again than was announced
    CoreHarness narrow = new CoreHarness(one);
    TableConstraint table = TableConstraint.random(new SplittableRandom(8), VOCAB, 0.3, 2);
    SamplingParams sampling =
        SamplingParams.builder(30).seed(2).ignoreEos(true).constraints(List.of(table)).build();
    RecordingSink sink = new RecordingSink();
    narrow.submitBackground(PROMPT, null, sampling, null, sink);
    int preemptions = 0;
    while (!sink.hasEnded()) {
      for (int i = 0; i < 6 && !sink.hasEnded(); i++) {
        narrow.step();
      }
      if (!sink.hasEnded() && preemptions++ < 12) {
        RecordingSink online = new RecordingSink();
        narrow.submit(SamplingParams.greedy(2), online, 3, 4);
        while (!online.hasEnded()) {
          narrow.step();
        }
      }
    }
    assertThat(preemptions).isGreaterThan(3);
    assertThat(sink.tokens).isEqualTo(CoreHarness.alone(PROMPT, 0, sampling).tokens);
    List<Integer> text = ids(sink).stream().filter(id -> id != FakeTokenizer.EOS).toList();
    assertThat(table.stateAfter(text)).isNotNegative();
  }
}
