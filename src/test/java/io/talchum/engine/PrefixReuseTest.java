package io.talchum.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.adapter.AdapterLease;
import io.talchum.core.SamplingParams;
import io.talchum.engine.prefix.BlockHash;
import io.talchum.engine.prefix.PrefixCache;
import io.talchum.engine.prefix.PrefixCacheStats;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Blocks of four tokens on the fake model, whose output tells any wrong cell. */
class PrefixReuseTest {
  private static final int BLOCK = 4;
  private static final int CONTEXT = 64;
  private static final SamplingParams GREEDY = SamplingParams.greedy(3);

  private final FakeModelExecutor executor = new FakeModelExecutor(3, CONTEXT);
  private final FakeAdapters adapters = new FakeAdapters(executor);
  private CoreHarness harness = harness(100, 1000, BlockHash.MIXED);

  private CoreHarness harness(int blocks, int mostTokensPerStep, BlockHash hash) {
    PrefixCache cache =
        new PrefixCache(executor, blocks * BLOCK * executor.kvBytesPerToken(), BLOCK, hash);
    return new CoreHarness(executor, 4, 16, new PrefixReuse(executor, cache, mostTokensPerStep));
  }

  private static int[] tokens(int count, int seed) {
    return IntStream.range(0, count).map(i -> (i * 5 + seed) % 20 + 1).toArray();
  }

  private static int[] joined(int[] a, int... b) {
    return IntStream.concat(IntStream.of(a), IntStream.of(b)).toArray();
  }

  /** Runs one request to its end and checks that it is answered as without a cache. */
  private RecordingSink run(int[] prompt, @Nullable String adapter, SamplingParams sampling) {
    RecordingSink sink = new RecordingSink();
    long content = adapter == null ? 0 : adapters.content(adapter);
    harness.submit(prompt, lease(adapter), sampling, "key", null, sink);
    harness.runAll();
    RecordingSink alone = CoreHarness.alone(prompt, content, sampling, executor.shortTokens);
    assertThat(sink.tokens).isEqualTo(alone.tokens);
    assertThat(sink.prompt).isEqualTo(alone.prompt);
    return sink;
  }

  private @Nullable AdapterLease lease(@Nullable String adapter) {
    return adapter == null ? null : adapters.acquire(adapter);
  }

  private int cached(int[] prompt, @Nullable String adapter) {
    return run(prompt, adapter, GREEDY).finished().cachedTokens();
  }

  private PrefixCacheStats stats() {
    return harness.core.stats().prefixCache();
  }

  @Test
  void theSecondRequestReadsOnlyWhatIsNew() {
    int[] shared = tokens(16, 0);
    assertThat(cached(joined(shared, 1, 2, 3), null)).isZero();
    executor.isRecording = true;
    assertThat(cached(joined(shared, 7, 8, 9, 9), null)).isEqualTo(16);
    assertThat(executor.calls)
        .contains("prefill 0 16 4 LAST")
        .doesNotContain("prefill 0 0 16 NONE");
    assertThat(stats().hits()).isEqualTo(1);
    assertThat(stats().misses()).isEqualTo(1);
    assertThat(stats().reusedTokens()).isEqualTo(16);
  }

  @Test
  void atLeastTwoTokensAreRead() {
    run(tokens(20, 0), null, GREEDY);
    assertThat(cached(tokens(16, 0), null)).isEqualTo(12);
    assertThat(cached(tokens(17, 0), null)).isEqualTo(12);
    assertThat(cached(tokens(18, 0), null)).isEqualTo(16);
    assertThat(cached(tokens(1, 0), null)).isZero();
  }

  @Test
  void anEarlierTurnIsReusedWithItsAnswer() {
    int[] question = tokens(10, 0);
    List<Integer> answer = run(question, null, endless(9)).tokenIds();
    int[] turn = joined(question, answer.stream().mapToInt(i -> i).toArray());
    assertThat(cached(joined(turn, 1, 2, 3), null)).isEqualTo(16); // of 18 in the slot
  }

  @Test
  void versionsOfOneNameShareNothing() {
    adapters.load("a", 1);
    cached(tokens(20, 0), "a");
    assertThat(cached(tokens(20, 0), "a")).isEqualTo(16);
    adapters.load("a", 2);
    assertThat(cached(tokens(20, 0), "a")).isZero();
    adapters.load("a", 1);
    assertThat(cached(tokens(20, 0), "a")).isEqualTo(16);
  }

  @Test
  void adaptersAndTheBaseShareNothingEvenIfAllHashesCollide() {
    harness = harness(100, 1000, (parent, origin, tokenIds) -> 0);
    adapters.load("a", 1);
    adapters.load("b", 2);
    for (int round = 0; round < 2; round++) {
      for (String adapter : new String[] {"a", null, "b"}) {
        run(tokens(20, 0), adapter, GREEDY);
        run(tokens(20, 1), adapter, GREEDY);
      }
    }
  }

  @Test
  void onlyTheContentOfAnAdapterCounts() {
    adapters.load("a", 1);
    adapters.load("copy", 1);
    cached(tokens(20, 0), "a");
    assertThat(cached(tokens(20, 0), "copy")).isEqualTo(16);
  }

  @Test
  void sequencesOfDifferentVariantsShareNothing() {
    executor.shortTokens = 20;
    cached(tokens(20, 0), null);
    assertThat(cached(tokens(24, 0), null)).isZero();
    assertThat(cached(tokens(28, 0), null)).isEqualTo(24);
    assertThat(cached(tokens(19, 0), null)).isEqualTo(16);
  }

  @Test
  void adaptersThatLookAheadShareNothing() {
    adapters.load("a", 1);
    try (AdapterLease lease = adapters.acquire("a")) {
      ((FakeModelExecutor.FakeAdapter) lease.resident()).isCausal = false;
    }
    cached(tokens(20, 0), "a");
    assertThat(cached(tokens(20, 0), "a")).isZero();
    assertThat(stats().bytes()).isZero();
  }

  @Test
  void promptsWhoseTokensAreScoredAreReadButStored() {
    SamplingParams scored = scored();
    int[] prompt = tokens(20, 0);
    assertThat(run(prompt, null, scored).finished().cachedTokens()).isZero();
    assertThat(run(prompt, null, scored).finished().cachedTokens()).isZero();
    assertThat(cached(prompt, null)).isEqualTo(16);
  }

  @Test
  void requestsThatComeTogetherReadTheirBeginningOnce() {
    int[] prompt = tokens(30, 0);
    List<RecordingSink> sinks = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      RecordingSink sink = new RecordingSink();
      sinks.add(sink);
      harness.submit(GREEDY, sink, prompt);
    }
    harness.runAll();
    RecordingSink alone = CoreHarness.alone(prompt, 0, GREEDY);
    sinks.forEach(sink -> assertThat(sink.tokens).isEqualTo(alone.tokens));
    assertThat(sinks.stream().map(sink -> sink.finished().cachedTokens()))
        .containsExactly(0, 28, 28);
    assertThat(harness.core.stats().promptTokens()).isEqualTo(30 + 2 + 2);
  }

  /** Eight tokens a step, while another request decodes. */
  @Test
  void aLongCopyIsSpreadOverStepsAndNothingIsReadBeforeItsEnd() {
    harness = harness(100, 8, BlockHash.MIXED);
    run(tokens(60, 0), null, GREEDY);
    harness.submit(endless(40), new RecordingSink(), 1, 2, 3);
    harness.step();
    RecordingSink sink = new RecordingSink();
    harness.submit(GREEDY, sink, tokens(60, 0));
    executor.isRecording = true;
    while (!sink.hasEnded()) {
      executor.calls.clear();
      harness.step();
      assertThat(executor.calls.stream().filter(call -> call.startsWith("write")))
          .hasSizeLessThanOrEqualTo(2);
      assertThat(executor.calls.stream().filter(call -> call.startsWith("prefill")))
          .allMatch(call -> call.equals("prefill 1 56 4 LAST"));
    }
    assertThat(sink.finished().cachedTokens()).isEqualTo(56);
  }

  @Test
  void aCacheThatFailsIsSwitchedOff() {
    run(tokens(20, 0), null, GREEDY);
    executor.failsCopies = true;
    assertThat(cached(tokens(20, 0), null)).isZero();
    executor.failsCopies = false;
    assertThat(cached(tokens(20, 0), null)).isZero();
    assertThat(stats().misses()).isEqualTo(1);
  }

  @Test
  void aCacheSmallerThanAPromptKeepsItsBeginning() {
    harness = harness(3, 1000, BlockHash.MIXED);
    run(tokens(40, 0), null, GREEDY);
    assertThat(cached(tokens(40, 0), null)).isEqualTo(12);
    assertThat(stats().bytes()).isEqualTo(stats().limitBytes());
    assertThat(cached(tokens(40, 3), null)).isZero();
    assertThat(cached(tokens(40, 3), null)).isEqualTo(12);
    assertThat(stats().evictions()).isEqualTo(3);
  }

  @Test
  void cancelledPromptsLeaveWhatTheyHaveRead() {
    Sequence sequence = harness.submit(GREEDY, new RecordingSink(), tokens(60, 0));
    harness.step();
    sequence.cancel();
    harness.runAll();
    assertThat(cached(tokens(60, 0), null)).isEqualTo(16);
  }

  private static SamplingParams endless(int maxTokens) {
    return params(maxTokens, false);
  }

  private static SamplingParams scored() {
    return params(3, true);
  }

  private static SamplingParams params(int maxTokens, boolean promptLogprobs) {
    return SamplingParams.builder(maxTokens)
        .temperature(0)
        .ignoreEos(true)
        .logprobs(promptLogprobs)
        .promptLogprobs(promptLogprobs)
        .build();
  }
}
