package io.talchum.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.adapter.AdapterCache;
import io.talchum.adapter.AdapterCacheListener;
import io.talchum.adapter.AdapterLease;
import io.talchum.adapter.AdapterRegistry;
import io.talchum.adapter.AdapterSelfTest;
import io.talchum.adapter.TestLeases;
import io.talchum.adapter.peft.PeftReader;
import io.talchum.core.SamplingParams;
import io.talchum.model.ModelExecutor;
import io.talchum.testing.Fixtures;
import io.talchum.testing.ZeroBase;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Answers of one executor with and without the prefix cache. */
public final class PrefixComparison {
  private static final int NEW_TOKENS = 20;
  private static final int TOP = 5;
  private static final int PIECE = 64;
  private static final long ADAPTER_BYTES = 8 << 20;
  private static final List<String> FOLDERS = List.of("lora_all_linear", "lora_qv", "rslora");

  private final ModelExecutor executor;
  private final float safeMargin;
  private int requests;

  /**
   * @param executor with two slots of 128 tokens and pieces of {@value #PIECE}
   * @param safeMargin tokens whose logits are nearer than this may change places; 0 if none may
   */
  public PrefixComparison(ModelExecutor executor, float safeMargin) {
    this.executor = executor;
    this.safeMargin = safeMargin;
  }

  /**
   * Two prompts that begin alike, the second one answered as without the first one.
   *
   * @return the largest difference of a log-probability; 0 if every bit is the same
   */
  public float secondRequest() {
    int[] shared = text(1, PIECE);
    int[] second = joined(shared, text(3, 17));
    RecordingSink expected = answerOnce(second);
    try (Engine caching = engine(true)) {
      int[] first = joined(shared, text(2, 31));
      assertThat(answer(caching, first, null).finished().cachedTokens()).isZero();
      RecordingSink reused = answer(caching, second, null);
      assertThat(reused.finished().cachedTokens()).isEqualTo(PIECE);
      return difference(expected, reused);
    }
  }

  /**
   * One name, three contents, one prompt, and the base: each as if there were nothing else. The
   * base is that of the fixtures {@code adapters/llama}.
   *
   * @return as {@link #secondRequest}
   */
  public float versionsOfAnAdapter() {
    int[] prompt = text(1, 70);
    try (AdapterCache cache =
            new AdapterCache(
                executor::prepare,
                new AdapterCache.Limits(ADAPTER_BYTES, 1),
                InstantSource.system(),
                AdapterCacheListener.NONE);
        AdapterRegistry registry =
            new AdapterRegistry(
                Set.of("base"),
                new PeftReader(new ZeroBase(executor.spec())),
                AdapterSelfTest.NONE,
                cache,
                InstantSource.system())) {
      List<RecordingSink> expected;
      try (Engine plain = engine(false)) {
        expected = FOLDERS.stream().map(f -> answer(plain, prompt, loaded(registry, f))).toList();
      }
      RecordingSink base = answerOnce(prompt);
      assertThat(Stream.concat(expected.stream(), Stream.of(base)).map(sink -> sink.tokens))
          .as("answers of versions")
          .doesNotHaveDuplicates();
      float most = 0;
      try (Engine caching = engine(true)) {
        for (int round = 0; round < 2; round++) {
          for (int i = 0; i < FOLDERS.size(); i++) {
            RecordingSink sink = answer(caching, prompt, loaded(registry, FOLDERS.get(i)));
            assertThat(sink.finished().cachedTokens()).isEqualTo(round == 0 ? 0 : PIECE);
            most = Math.max(most, difference(expected.get(i), sink));
          }
          most = Math.max(most, difference(base, answer(caching, prompt, null)));
        }
      }
      return most;
    }
  }

  private static AdapterLease loaded(AdapterRegistry registry, String fixture) {
    registry.load("name", Fixtures.path("adapters/llama/" + fixture), true);
    return TestLeases.acquire(registry, "name");
  }

  /** The answer of an engine without a cache. */
  RecordingSink answerOnce(int[] prompt) {
    try (Engine plain = engine(false)) {
      return answer(plain, prompt, null);
    }
  }

  RecordingSink answer(Engine engine, int[] prompt, @Nullable AdapterLease adapter) {
    RecordingSink sink = new RecordingSink();
    SamplingParams sampling =
        SamplingParams.builder(NEW_TOKENS)
            .temperature(0)
            .ignoreEos(true)
            .logprobs(true)
            .topLogprobs(TOP)
            .build();
    engine.submit(
        new GenerationRequest("r" + requests++, prompt, adapter, sampling, "key", null, sink));
    return sink.await();
  }

  /** Of the log-probabilities up to a token that may differ; fails if one differs that may not. */
  float difference(RecordingSink expected, RecordingSink actual) {
    assertThat(actual.tokens).hasSameSizeAs(expected.tokens);
    float most = 0;
    for (int i = 0; i < expected.tokens.size(); i++) {
      List<TokenLogprob.Candidate> top = top(expected, i);
      if (actual.tokens.get(i).tokenId() != expected.tokens.get(i).tokenId()) {
        assertThat(top.get(0).logprob() - top.get(1).logprob())
            .as("how clear token %d of %s was, not %s", i, expected.tokenIds(), actual.tokenIds())
            .isLessThan(safeMargin);
        return most;
      }
      for (int k = 0; k < TOP; k++) {
        float difference = Math.abs(top.get(k).logprob() - top(actual, i).get(k).logprob());
        most = difference <= most ? most : difference; // NaN stays
      }
    }
    return most;
  }

  private static List<TokenLogprob.Candidate> top(RecordingSink sink, int token) {
    return Objects.requireNonNull(sink.tokens.get(token).logprob()).top();
  }

  /** An engine on this executor, one at a time. */
  Engine engine(boolean caches) {
    return Engine.start(
        executor,
        new FakeTokenizer(),
        new EngineConfig(Set.of(), 64, 32, PIECE, caches ? 1 << 20 : 0),
        InstantSource.system(),
        EngineListener.NONE);
  }

  int[] text(int seed, int tokens) {
    return new SplittableRandom(seed).ints(tokens, 0, executor.spec().vocabSize()).toArray();
  }

  static int[] joined(int[] a, int[] b) {
    return IntStream.concat(IntStream.of(a), IntStream.of(b)).toArray();
  }
}
