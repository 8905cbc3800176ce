package io.talchum.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.talchum.adapter.AdapterId;
import io.talchum.adapter.AdapterLease;
import io.talchum.adapter.AdapterWeights;
import io.talchum.adapter.ResidentAdapter;
import io.talchum.core.ContentHash;
import io.talchum.core.SamplingParams;
import io.talchum.model.onnx.ExecutorOptions;
import io.talchum.model.onnx.OnnxModelExecutor;
import io.talchum.model.onnx.RandomAdapters;
import io.talchum.testing.Fixtures;
import io.talchum.weights.pack.ImportRequest;
import io.talchum.weights.pack.ModelImporter;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.pack.ProgressListener;
import io.talchum.weights.quantize.Quantization;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real tiny model scores what it has generated as the steps that generated it did. */
class ScoreExactnessTest {
  /** Of another order of addition; adapters change log-probabilities by hundreds of times that. */
  private static final float ROUNDING = 2e-4f;

  private static final int NEW_TOKENS = 24;
  private static final int[] PROMPT = new SplittableRandom(3).ints(21, 0, 90).toArray();

  private int requests;

  private record Lease(ResidentAdapter resident, AdapterId id) implements AdapterLease {
    @Override
    public void close() {}
  }

  @Test
  void everyKindOfAdapterAndTheBase(@TempDir Path folder) {
    ImportRequest source =
        ImportRequest.of(Fixtures.path("adapters/base-llama"), "base")
            .quantized(Quantization.NONE, Quantization.NONE)
            .withoutTokenizer();
    Path imported = new ModelImporter().run(source, folder, ProgressListener.NONE);
    try (ModelPackage model = ModelPackage.open(imported);
        OnnxModelExecutor executor =
            OnnxModelExecutor.open(model, new ExecutorOptions(3, 128, 64, 2, false));
        Engine engine =
            Engine.start(
                executor,
                new FakeTokenizer(),
                new EngineConfig(Set.of(), 64, 8, 64, 1 << 20),
                InstantSource.system(),
                EngineListener.NONE)) {
      checkScores(engine, "base", null);
      Map<String, AdapterWeights> kinds = new RandomAdapters(model.manifest().spec()).all();
      int number = 0;
      for (Map.Entry<String, AdapterWeights> kind : kinds.entrySet()) {
        ContentHash hash = new ContentHash(String.format("%064x", ++number));
        checkScores(
            engine,
            kind.getKey(),
            new Lease(executor.prepare(kind.getValue()), new AdapterId(kind.getKey(), hash)));
      }
    }
  }

  private void checkScores(Engine engine, String kind, @Nullable AdapterLease lease) {
    RecordingSink generated = new RecordingSink();
    engine.submit(request(PROMPT, lease, NEW_TOKENS, false, generated));
    int[] completion = generated.await().tokenIds().stream().mapToInt(i -> i).toArray();
    float[] scores =
        engine
            .score(new ScoreRequest("s" + requests++, PROMPT, completion, lease, "key", null))
            .orTimeout(30, TimeUnit.SECONDS)
            .join();
    assertThat(scores).as(kind).hasSize(NEW_TOKENS);
    for (int i = 0; i < NEW_TOKENS; i++) {
      float decoded = Objects.requireNonNull(generated.tokens.get(i).logprob()).logprob();
      assertThat(scores[i]).as("%s, token %d", kind, i).isCloseTo(decoded, within(ROUNDING));
    }
    if (lease == null || lease.resident().isCausal()) {
      assertEcho(engine, kind, lease, completion, scores);
    }
  }

  /** What acts by the whole prompt takes the completion of an echo for a part of it. */
  private void assertEcho(
      Engine engine, String kind, @Nullable AdapterLease lease, int[] completion, float[] scores) {
    int[] all = IntStream.concat(IntStream.of(PROMPT), IntStream.of(completion)).toArray();
    RecordingSink echo = new RecordingSink();
    engine.submit(request(all, lease, 0, true, echo));
    List<TokenLogprob> echoed = Objects.requireNonNull(echo.await().prompt);
    for (int i = 0; i < scores.length; i++) {
      assertThat(scores[i])
          .as("%s, token %d of the echo", kind, i)
          .isCloseTo(echoed.get(PROMPT.length - 1 + i).logprob(), within(ROUNDING));
    }
  }

  private GenerationRequest request(
      int[] prompt, @Nullable AdapterLease lease, int tokens, boolean echo, GenerationSink sink) {
    SamplingParams sampling =
        SamplingParams.builder(tokens)
            .temperature(0)
            .ignoreEos(true)
            .logprobs(true)
            .topLogprobs(1)
            .promptLogprobs(echo)
            .build();
    return new GenerationRequest("r" + requests++, prompt, lease, sampling, "key", null, sink);
  }
}
