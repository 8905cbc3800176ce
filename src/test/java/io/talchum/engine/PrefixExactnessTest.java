package io.talchum.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.adapter.AdapterCache;
import io.talchum.adapter.AdapterCacheListener;
import io.talchum.adapter.AdapterLease;
import io.talchum.adapter.AdapterRegistry;
import io.talchum.adapter.AdapterTrial;
import io.talchum.adapter.PackageWeights;
import io.talchum.adapter.peft.PeftReader;
import io.talchum.core.SamplingParams;
import io.talchum.model.onnx.ExecutorOptions;
import io.talchum.model.onnx.KvCalibration;
import io.talchum.model.onnx.KvScales;
import io.talchum.model.onnx.OnnxModelExecutor;
import io.talchum.testing.Fixtures;
import io.talchum.weights.ImportRequest;
import io.talchum.weights.ModelImporter;
import io.talchum.weights.ModelPackage;
import io.talchum.weights.ProgressListener;
import io.talchum.weights.Quantization;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Real models with and without the prefix cache. Blocks that were read as a prompt leave every bit
 * as it is; those that were generated differ from it by the rounding of another order of addition.
 */
class PrefixExactnessTest {
  private static final int CONTEXT = 128;
  private static final int NEW_TOKENS = 20;
  private static final int TOP = 5;
  private static final float ROUNDING = 1e-4f;

  @TempDir private Path folder;
  private int requests;

  @ParameterizedTest
  @MethodSource("io.talchum.testing.Families#all")
  void reusedPromptsKeepEveryBit(String family) {
    try (ModelPackage model = imported("models/" + family)) {
      int[] calibration = text(model, 9, 100);
      KvScales int8 = KvCalibration.run(model, List.of(calibration), 2);
      for (KvScales scales : List.of(KvScales.NONE, int8)) {
        try (OnnxModelExecutor executor = executor(model, scales);
            Engine plain = engine(executor, 0)) {
          int[] shared = text(model, 1, 64);
          int[] first = joined(shared, text(model, 2, 31)); // 95
          int[] second = joined(shared, text(model, 3, 17)); // 81
          List<TokenEvent> expected = answer(plain, second, null).tokens;
          plain.close();
          try (Engine caching = engine(executor, 1 << 20)) {
            assertThat(answer(caching, first, null).finished().cachedTokens()).isZero();
            RecordingSink reused = answer(caching, second, null);
            assertThat(reused.finished().cachedTokens()).isEqualTo(64);
            assertThat(reused.tokens).isEqualTo(expected);
          }
        }
      }
    }
  }

  /** Beyond 64 tokens this model turns all of a prompt's keys otherwise. */
  @Test
  void promptsOnBothSidesOfALengthShareNothing() {
    try (ModelPackage model = imported("models/phi3_longrope");
        OnnxModelExecutor executor = executor(model, KvScales.NONE)) {
      int threshold = model.manifest().spec().attention().rope().shortTokens();
      int[] text = text(model, 1, threshold + 20);
      int[] around = Arrays.copyOf(text, threshold);
      RecordingSink alone = answerOnce(executor, around);
      RecordingSink aloneLong = answerOnce(executor, text);
      try (Engine caching = engine(executor, 1 << 20)) {
        answer(caching, text, null);
        RecordingSink shorter = answer(caching, around, null);
        assertThat(shorter.finished().cachedTokens()).isZero();
        assertThat(shorter.tokens).isEqualTo(alone.tokens);
        RecordingSink longer = answer(caching, text, null);
        assertThat(longer.finished().cachedTokens()).isPositive();
        assertThat(longer.tokens).isEqualTo(aloneLong.tokens);
      }
    }
  }

  @Test
  void anAnswerThatBecomesAPromptIsReusedWithinRounding() {
    try (ModelPackage model = imported("models/llama");
        OnnxModelExecutor executor = executor(model, KvScales.NONE);
        Engine caching = engine(executor, 1 << 20)) {
      int[] question = text(model, 1, 50);
      int[] answer = answer(caching, question, null).tokenIds().stream().mapToInt(i -> i).toArray();
      int[] turn = joined(joined(question, answer), text(model, 2, 10));
      RecordingSink reused = answer(caching, turn, null);
      assertThat(reused.finished().cachedTokens()).isEqualTo(64);
      caching.close();
      assertThat(distance(reused, answerOnce(executor, turn))).isLessThan(ROUNDING);
    }
  }

  /** One name, three contents, one prompt: each as if there were nothing else. */
  @Test
  void versionsOfAnAdapterNeverMix() {
    List<String> folders = List.of("lora_all_linear", "lora_qv", "rslora");
    try (ModelPackage model = imported("adapters/base-llama");
        OnnxModelExecutor executor = executor(model, KvScales.NONE);
        AdapterCache cache =
            new AdapterCache(
                executor::prepare,
                new AdapterCache.Limits(1 << 20, 1),
                InstantSource.system(),
                AdapterCacheListener.NONE);
        AdapterRegistry registry =
            new AdapterRegistry(
                Set.of("base"),
                new PeftReader(new PackageWeights(model)),
                AdapterTrial.NONE,
                cache,
                InstantSource.system())) {
      int[] prompt = text(model, 1, 70);
      Engine plain = engine(executor, 0);
      List<List<TokenEvent>> expected =
          folders.stream().map(f -> answer(plain, prompt, loaded(registry, f)).tokens).toList();
      List<TokenEvent> base = answer(plain, prompt, null).tokens;
      plain.close();
      try (Engine caching = engine(executor, 1 << 20)) {
        for (int round = 0; round < 2; round++) {
          for (int i = 0; i < folders.size(); i++) {
            RecordingSink sink = answer(caching, prompt, loaded(registry, folders.get(i)));
            assertThat(sink.tokens).isEqualTo(expected.get(i));
            assertThat(sink.finished().cachedTokens()).isEqualTo(round == 0 ? 0 : 64);
          }
          assertThat(answer(caching, prompt, null).tokens).isEqualTo(base);
        }
      }
    }
  }

  private static AdapterLease loaded(AdapterRegistry registry, String fixture) {
    registry.load("name", Fixtures.path("adapters/llama/" + fixture), true);
    return registry.acquire("name", null);
  }

  private RecordingSink answerOnce(OnnxModelExecutor executor, int[] prompt) {
    try (Engine plain = engine(executor, 0)) {
      return answer(plain, prompt, null);
    }
  }

  private RecordingSink answer(Engine engine, int[] prompt, @Nullable AdapterLease adapter) {
    RecordingSink sink = new RecordingSink();
    SamplingParams sampling =
        new SamplingParams(
            0,
            1,
            0,
            0,
            0,
            0,
            1,
            0,
            Map.of(),
            List.of(),
            List.of(),
            NEW_TOKENS,
            0,
            true,
            true,
            TOP,
            false);
    engine.submit(
        new GenerationRequest("r" + requests++, prompt, adapter, sampling, "key", null, sink));
    return sink.await();
  }

  private static float distance(RecordingSink a, RecordingSink b) {
    assertThat(a.tokenIds()).isEqualTo(b.tokenIds());
    float most = 0;
    for (int i = 0; i < a.tokens.size(); i++) {
      TokenLogprob mine = java.util.Objects.requireNonNull(a.tokens.get(i).logprob());
      TokenLogprob other = java.util.Objects.requireNonNull(b.tokens.get(i).logprob());
      for (int k = 0; k < TOP; k++) {
        most = Math.max(most, Math.abs(mine.top().get(k).logprob() - other.top().get(k).logprob()));
      }
    }
    return most;
  }

  private static Engine engine(OnnxModelExecutor executor, long cacheBytes) {
    return Engine.start(
        executor,
        new FakeTokenizer(),
        new EngineConfig(Set.of(), 64, 32, 64, cacheBytes),
        InstantSource.system(),
        EngineListener.NONE);
  }

  private static OnnxModelExecutor executor(ModelPackage model, KvScales scales) {
    return OnnxModelExecutor.open(model, new ExecutorOptions(2, CONTEXT, 64, 2, false, scales));
  }

  private static int[] text(ModelPackage model, int seed, int tokens) {
    return new SplittableRandom(seed)
        .ints(tokens, 0, model.manifest().spec().vocabSize())
        .toArray();
  }

  private static int[] joined(int[] a, int[] b) {
    return IntStream.concat(IntStream.of(a), IntStream.of(b)).toArray();
  }

  private ModelPackage imported(String fixture) {
    ImportRequest source =
        ImportRequest.of(Fixtures.path(fixture), fixture.replaceAll("[^a-z0-9]", "-"))
            .quantized(Quantization.NONE, Quantization.NONE)
            .withoutTokenizer();
    return ModelPackage.open(new ModelImporter().run(source, folder, ProgressListener.NONE));
  }
}
