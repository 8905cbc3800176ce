package io.talchum.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.adapter.AdapterLease;
import io.talchum.core.FinishReason;
import io.talchum.core.SamplingParams;
import io.talchum.engine.prefix.PrefixCache;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Log-probabilities of completions that are given. */
class ScoreTest {
  private static final int[] PROMPT = IntStream.range(0, 11).map(i -> 7 * i % 23).toArray();

  private final FakeModelExecutor executor = new FakeModelExecutor(2, 64);
  private final CoreHarness harness = new CoreHarness(executor);

  private static SamplingParams sampling(int maxTokens, boolean echo) {
    return SamplingParams.builder(maxTokens)
        .temperature(0)
        .ignoreEos(true)
        .logprobs(true)
        .promptLogprobs(echo)
        .build();
  }

  private static List<Float> logprobs(@Nullable List<TokenLogprob> scored) {
    return Objects.requireNonNull(scored).stream().map(TokenLogprob::logprob).toList();
  }

  private List<Float> score(int[] prompt, int[] completion, @Nullable AdapterLease lease) {
    RecordingSink sink = new RecordingSink();
    harness.score(prompt, completion, lease, sink);
    harness.runAll();
    assertThat(sink.tokens).isEmpty();
    assertThat(sink.finished().finishReason()).isEqualTo(FinishReason.LENGTH);
    return logprobs(sink.prompt);
  }

  @Test
  void areThoseOfTheStepsThatGeneratedIt() {
    FakeAdapters adapters = new FakeAdapters(executor);
    adapters.load("a", 77);
    for (boolean adapted : new boolean[] {false, true}) {
      RecordingSink generated = new RecordingSink();
      AdapterLease lease = adapted ? adapters.acquire("a") : null;
      harness.submit(PROMPT, lease, sampling(20, false), "key", null, generated);
      harness.runAll();
      int[] completion = generated.tokenIds().stream().mapToInt(i -> i).toArray();
      List<Float> decoded =
          generated.tokens.stream()
              .map(event -> Objects.requireNonNull(event.logprob()).logprob())
              .toList();
      assertThat(score(PROMPT, completion, adapted ? adapters.acquire("a") : null))
          .isEqualTo(decoded);
    }
    assertThat(adapters.openLeases()).isZero();
  }

  @Test
  void areThoseOfAnEcho() {
    int[] all = IntStream.concat(IntStream.of(PROMPT), IntStream.range(2, 22)).toArray();
    RecordingSink echo = new RecordingSink();
    harness.submit(sampling(0, true), echo, all);
    harness.runAll();
    for (int from = 1; from < all.length; from++) {
      List<Float> scores =
          score(Arrays.copyOf(all, from), Arrays.copyOfRange(all, from, all.length), null);
      assertThat(scores).isEqualTo(logprobs(echo.prompt).subList(from - 1, all.length - 1));
    }
  }

  /** The prompt of chosen and rejected completions is read once, and without logits. */
  @Test
  void promptsAreSharedAndGiveNoLogits() {
    PrefixCache cache = new PrefixCache(executor, 1 << 20, 4, (p, o, ids) -> Arrays.hashCode(ids));
    CoreHarness caching = new CoreHarness(executor, 4, 8, new PrefixReuse(executor, cache, 64));
    int[][] completions = {{1, 2, 3}, {4, 5}};
    executor.isRecording = true;
    for (int[] completion : completions) {
      RecordingSink sink = new RecordingSink();
      caching.score(PROMPT, completion, null, sink);
      caching.runAll();
      assertThat(logprobs(sink.prompt)).isEqualTo(score(PROMPT, completion, null));
      assertThat(sink.finished().cachedTokens()).isEqualTo(completion == completions[0] ? 0 : 8);
    }
    assertThat(executor.calls).contains("prefill 1 0 8 NONE");
  }

  @Test
  void aScoreThatGivesItsSlotBackKeepsWhatItKnows() {
    FakeModelExecutor one = new FakeModelExecutor(1, 64);
    CoreHarness narrow = new CoreHarness(one);
    int[] completion = IntStream.range(0, 40).map(i -> 5 * i % 23).toArray();
    RecordingSink sink = new RecordingSink();
    Sequence sequence = narrow.score(PROMPT, completion, null, sink);
    for (int i = 0; i < 5; i++) {
      narrow.step();
    }
    int known = sequence.logitsFrom();
    assertThat(known).isGreaterThan(PROMPT.length);
    RecordingSink online = new RecordingSink();
    narrow.submit(sampling(3, false), online, PROMPT);
    narrow.step();
    assertThat(narrow.core.slots().running(RequestClass.ONLINE)).isEqualTo(1);
    assertThat(sequence.kvTokens()).isZero();
    assertThat(sequence.logitsFrom()).isEqualTo(known);
    narrow.runAll();
    assertThat(online.finished().completionTokens()).isEqualTo(3);
    assertThat(logprobs(sink.prompt)).isEqualTo(score(PROMPT, completion, null));
  }
}
