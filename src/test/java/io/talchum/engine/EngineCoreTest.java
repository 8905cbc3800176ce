package io.talchum.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.core.ErrorCode;
import io.talchum.core.FinishReason;
import io.talchum.core.SamplingParams;
import io.talchum.core.ServeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EngineCoreTest {
  private static final int[] PROMPT = {3, 4, 5};

  private final FakeModelExecutor executor = new FakeModelExecutor(3, 40);
  private final CoreHarness harness = new CoreHarness(executor);
  private final RecordingSink sink = new RecordingSink();

  /** Greedy, made endless: no end of sequence. */
  private static SamplingParams endless(int maxTokens) {
    return with(maxTokens, 0, true, List.of(), List.of(), Map.of());
  }

  private static SamplingParams with(
      int maxTokens,
      int minTokens,
      boolean ignoreEos,
      List<String> stopStrings,
      List<Integer> stopTokenIds,
      Map<Integer, Float> bias) {
    return SamplingParams.builder(maxTokens)
        .temperature(0)
        .logitBias(bias)
        .stopStrings(stopStrings)
        .stopTokenIds(stopTokenIds)
        .minTokens(minTokens)
        .ignoreEos(ignoreEos)
        .build();
  }

  @Test
  void endsAtMaxTokens() {
    harness.submit(endless(7), sink, PROMPT);
    harness.runAll();
    assertThat(sink.finished().finishReason()).isEqualTo(FinishReason.LENGTH);
    assertThat(sink.finished().completionTokens()).isEqualTo(7).isEqualTo(sink.tokens.size());
    assertThat(sink.finished().stopString()).isEmpty();
  }

  @Test
  void endsWhenTheContextIsFull() {
    harness.submit(endless(1000), sink, PROMPT);
    harness.runAll();
    assertThat(sink.finished().finishReason()).isEqualTo(FinishReason.LENGTH);
    assertThat(sink.finished().completionTokens()).isEqualTo(40 - 3);
  }

  @Test
  void aPromptThatFillsTheContextCanBeEchoed() {
    harness.submit(endless(0), sink, IntStream.range(0, 40).map(i -> i % 20).toArray());
    harness.runAll();
    assertThat(sink.finished().finishReason()).isEqualTo(FinishReason.LENGTH);
    assertThat(sink.tokens).isEmpty();
  }

  @Test
  void endOfSequenceIsCountedButIsNoText() {
    Map<Integer, Float> eosSoon = Map.of(FakeTokenizer.EOS, 100f);
    harness.submit(with(9, 2, false, List.of(), List.of(), eosSoon), sink, PROMPT);
    harness.runAll();
    assertThat(sink.finished().finishReason()).isEqualTo(FinishReason.STOP);
    assertThat(sink.finished().completionTokens()).isEqualTo(3);
    assertThat(sink.tokenIds().getLast()).isEqualTo(FakeTokenizer.EOS);
    assertThat(sink.tokenIds().subList(0, 2)).doesNotContain(FakeTokenizer.EOS);
    assertThat(sink.text()).isEqualTo(decode(sink.tokenIds().subList(0, 2)));
  }

  @Test
  void endOfSequenceCanBeIgnored() {
    Map<Integer, Float> eosSoon = Map.of(FakeTokenizer.EOS, 100f);
    harness.submit(with(4, 0, true, List.of(), List.of(), eosSoon), sink, PROMPT);
    harness.runAll();
    assertThat(sink.tokenIds()).containsOnly(FakeTokenizer.EOS).hasSize(4);
    assertThat(sink.finished().finishReason()).isEqualTo(FinishReason.LENGTH);
  }

  @Test
  void stopTokensEndAfterMinTokens() {
    Map<Integer, Float> likely = Map.of(8, 50f);
    harness.submit(with(9, 3, false, List.of(), List.of(8), likely), sink, PROMPT);
    harness.runAll();
    assertThat(sink.tokenIds().subList(0, 3)).doesNotContain(8);
    assertThat(sink.tokenIds()).hasSize(4).endsWith(8);
    assertThat(sink.finished().finishReason()).isEqualTo(FinishReason.STOP);
  }

  @Test
  void stopStringsEndTheTextBeforeThem() {
    Map<Integer, Float> only = Map.of(7, 100f); // "c"
    harness.submit(with(20, 0, false, List.of("ccc"), List.of(), only), sink, PROMPT);
    harness.runAll();
    assertThat(sink.text()).isEmpty();
    assertThat(sink.finished().stopString()).contains("ccc");
    assertThat(sink.finished().finishReason()).isEqualTo(FinishReason.STOP);
    assertThat(sink.finished().completionTokens()).isEqualTo(3);
  }

  @Test
  void stopStringsAreNotLookedAtBeforeMinTokens() {
    Map<Integer, Float> only = Map.of(7, 100f);
    harness.submit(with(20, 4, false, List.of("cc"), List.of(), only), sink, PROMPT);
    harness.runAll();
    assertThat(sink.text()).isEqualTo("cccc");
    assertThat(sink.finished().completionTokens()).isEqualTo(6);
  }

  @Test
  void aStopStringInWhatWasHeldBackIsAStop() {
    Map<Integer, Float> only = Map.of(FakeTokenizer.HALF, 100f);
    harness.submit(with(1, 0, false, List.of("�"), List.of(), only), sink, PROMPT);
    harness.runAll();
    assertThat(sink.text()).isEmpty();
    assertThat(sink.finished().finishReason()).isEqualTo(FinishReason.STOP);
  }

  @Test
  void promptLogprobsComeOnceForAllTokensButTheFirst() {
    int[] prompt = IntStream.range(0, 11).map(i -> i * 7 % 23).toArray();
    SamplingParams echo =
        SamplingParams.builder(1)
            .temperature(0)
            .ignoreEos(true)
            .logprobs(true)
            .topLogprobs(2)
            .promptLogprobs(true)
            .build();
    harness.submit(echo, sink, prompt);
    harness.runAll();
    List<TokenLogprob> logprobs = Objects.requireNonNull(sink.prompt);
    assertThat(logprobs.stream().map(TokenLogprob::tokenId))
        .containsExactlyElementsOf(IntStream.of(prompt).skip(1).boxed().toList());
    assertThat(logprobs).allMatch(l -> l.top().size() == 2 && l.logprob() < 0);
    assertThat(sink.tokens).hasSize(1);
    // What comes next after a prefix is what the engine says of it when the prefix is the prompt.
    RecordingSink shorter = new RecordingSink();
    harness.submit(echo, shorter, IntStream.of(prompt).limit(6).toArray());
    harness.runAll();
    TokenLogprob next = Objects.requireNonNull(shorter.tokens.getFirst().logprob());
    assertThat(logprobs.get(5).top()).isEqualTo(next.top());
  }

  @Test
  void theChosenTokensLogprobIsItsEntryAmongTheTop() {
    SamplingParams params =
        SamplingParams.builder(9)
            .temperature(0)
            .ignoreEos(true)
            .logprobs(true)
            .topLogprobs(3)
            .build();
    harness.submit(params, sink, PROMPT);
    harness.runAll();
    for (TokenEvent event : sink.tokens) {
      TokenLogprob logprob = Objects.requireNonNull(event.logprob());
      assertThat(logprob.top().getFirst())
          .isEqualTo(new TokenLogprob.Candidate(event.tokenId(), logprob.logprob()));
    }
  }

  @Test
  void aFailedRunIsRunAgain() {
    harness.submit(endless(5), sink, PROMPT);
    for (int i = 0; i < 5; i++) {
      executor.failNextRuns(1);
      harness.step();
    }
    harness.runAll();
    assertThat(sink.tokens).isEqualTo(CoreHarness.alone(PROMPT, 0, endless(5)).tokens);
  }

  @Test
  void failAllEndsWhatRunsAndWhatWaits() {
    List<RecordingSink> sinks = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      sinks.add(new RecordingSink());
      harness.submit(endless(5), sinks.getLast(), PROMPT);
      harness.step();
    }
    harness.core.failAll(() -> new ServeException(ErrorCode.ENGINE_UNHEALTHY, "broken"));
    assertThat(sinks)
        .allSatisfy(each -> assertThat(each.failedWith()).isEqualTo(ErrorCode.ENGINE_UNHEALTHY));
    assertThat(harness.core.hasWork()).isFalse();
  }

  @Test
  void failAllTellsHowLongRequestsLasted() {
    harness.step();
    harness.clock.advance(Duration.ofSeconds(5));
    harness.submit(endless(5), sink, PROMPT);
    harness.clock.advance(Duration.ofSeconds(2));
    harness.core.failAll(() -> new ServeException(ErrorCode.SHUTTING_DOWN, "the end"));
    assertThat(harness.outcomes)
        .singleElement()
        .satisfies(
            outcome -> {
              assertThat(outcome.queueTime()).isEqualTo(Duration.ofSeconds(2));
              assertThat(outcome.total()).isEqualTo(Duration.ofSeconds(2));
            });
  }

  @Test
  void aFailedBindEndsThatRequestOnly() {
    RecordingSink other = new RecordingSink();
    executor.failNextBinds(1);
    harness.submit(endless(5), sink, PROMPT);
    harness.submit(endless(5), other, PROMPT);
    harness.runAll();
    assertThat(sink.failedWith()).isEqualTo(ErrorCode.INTERNAL);
    assertThat(other.finished().completionTokens()).isEqualTo(5);
  }

  @Test
  void cancelsBeforeTheNextStep() {
    Sequence running = harness.submit(endless(30), sink, PROMPT);
    harness.step();
    harness.step();
    int before = sink.tokens.size();
    running.cancel();
    harness.step();
    assertThat(sink.failedWith()).isEqualTo(ErrorCode.CANCELLED);
    assertThat(sink.tokens).hasSize(before);
    assertThat(harness.core.hasWork()).isFalse();
  }

  @Test
  void deadlinesEndWaitingAndRunningRequests() {
    FakeModelExecutor one = new FakeModelExecutor(1, 40);
    CoreHarness narrow = new CoreHarness(one);
    RecordingSink waiting = new RecordingSink();
    narrow.submit(PROMPT, null, endless(30), "a", narrow.clock.instant().plusMillis(10), sink);
    narrow.submit(PROMPT, null, endless(30), "a", narrow.clock.instant().plusMillis(5), waiting);
    narrow.step();
    narrow.clock.advance(Duration.ofMillis(5));
    narrow.step();
    assertThat(waiting.failedWith()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
    assertThat(sink.hasEnded()).isFalse();
    narrow.clock.advance(Duration.ofMillis(5));
    narrow.step();
    assertThat(sink.failedWith()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
  }

  @Test
  void theLastSequenceMovesIntoAHoleWithItsAdapter() {
    FakeAdapters adapters = new FakeAdapters(executor);
    adapters.load("a", 77);
    harness.submit(endless(3), new RecordingSink(), PROMPT);
    harness.submit(PROMPT, adapters.acquire("a"), endless(20), "key", null, sink);
    executor.isRecording = true;
    harness.runAll();
    assertThat(executor.calls).anyMatch(call -> call.startsWith("copy 1 0"));
    assertThat(executor.calls.get(executor.calls.size() - 2)).isEqualTo("decode 1");
    assertThat(sink.tokens).isEqualTo(CoreHarness.alone(PROMPT, 77, endless(20)).tokens);
    assertThat(adapters.openLeases()).isZero();
  }

  @Test
  void othersDecodeWhileALongPromptIsPrefilled() {
    harness.submit(endless(20), sink, PROMPT);
    harness.step();
    RecordingSink late = new RecordingSink();
    harness.submit(endless(3), late, IntStream.range(0, 16).toArray());
    executor.isRecording = true;
    while (late.tokens.isEmpty()) {
      harness.step();
    }
    assertThat(executor.calls)
        .containsExactly(
            "bind 1",
            "decode 1",
            "prefill 1 0 4 NONE",
            "decode 1",
            "prefill 1 4 4 NONE",
            "decode 1",
            "prefill 1 8 4 NONE",
            "decode 1",
            "prefill 1 12 4 LAST");
  }

  /** Others decode meanwhile; no step reads more than a piece. */
  @Test
  void aSoftPromptIsReadInPiecesBeforeThePrompt() {
    harness.submit(endless(20), sink, PROMPT);
    harness.step();
    FakeModelExecutor.FakeAdapter adapter = executor.new FakeAdapter(7);
    adapter.unreadTokens = 10;
    RecordingSink late = new RecordingSink();
    harness.submit(PROMPT, FakeAdapters.lease(adapter), endless(3), "key", null, late);
    executor.isRecording = true;
    while (late.tokens.isEmpty()) {
      harness.step();
    }
    assertThat(executor.calls)
        .containsExactly(
            "bind 1",
            "decode 1",
            "virtual 1 4",
            "decode 1",
            "virtual 1 4",
            "decode 1",
            "virtual 1 2",
            "decode 1",
            "prefill 1 0 3 LAST");
    harness.runAll();
    assertThat(late.tokens).isEqualTo(CoreHarness.alone(PROMPT, 7, endless(3)).tokens);
  }

  @Test
  void aSoftPromptThatCannotBeReadEndsItsRequestOnly() {
    harness.submit(endless(5), sink, PROMPT);
    harness.step();
    FakeModelExecutor.FakeAdapter adapter = executor.new FakeAdapter(7);
    adapter.unreadTokens = 10;
    RecordingSink late = new RecordingSink();
    harness.submit(PROMPT, FakeAdapters.lease(adapter), endless(3), "key", null, late);
    harness.step();
    executor.failNextRuns(2);
    assertThatThrownBy(harness::step).isInstanceOf(IllegalStateException.class);
    assertThat(late.failedWith()).isEqualTo(ErrorCode.INTERNAL);
    harness.runAll();
    assertThat(sink.finished().completionTokens()).isEqualTo(5);
  }

  @Test
  void outcomesCarryTheTimes() {
    harness.submit(endless(3), sink, PROMPT);
    harness.clock.advance(Duration.ofMillis(20));
    harness.step(); // admission, prefill, first token
    harness.clock.advance(Duration.ofMillis(30));
    harness.step();
    harness.clock.advance(Duration.ofMillis(50));
    harness.step();
    RequestOutcome outcome = harness.outcomes.getFirst();
    assertThat(outcome.queueTime()).isEqualTo(Duration.ofMillis(20));
    assertThat(outcome.ttft()).isEqualTo(Duration.ofMillis(20));
    assertThat(outcome.tpot()).isEqualTo(Duration.ofMillis(40));
    assertThat(outcome.total()).isEqualTo(Duration.ofMillis(100));
    assertThat(outcome.finishReason()).isEqualTo(FinishReason.LENGTH);
    assertThat(outcome.error()).isNull();
  }

  @Test
  void totalsCountTokensAndSteps() {
    harness.submit(endless(4), sink, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    harness.runAll();
    EngineStats stats = harness.core.stats();
    assertThat(stats.promptTokens()).isEqualTo(10);
    assertThat(stats.completionTokens()).isEqualTo(4);
    assertThat(stats.prefillSteps()).isEqualTo(2);
    assertThat(stats.decodeSteps()).isEqualTo(3);
    assertThat(stats.running() + stats.waiting()).isZero();
    assertThat(stats.kvUsedFraction()).isZero();
  }

  private String decode(List<Integer> ids) {
    return harness.tokenizer.decode(ids.stream().mapToInt(i -> i).toArray(), true);
  }
}
