package io.talchum.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.core.SamplingParams;
import io.talchum.model.onnx.ExecutorOptions;
import io.talchum.model.onnx.OnnxModelExecutor;
import io.talchum.testing.Fixtures;
import io.talchum.weights.pack.ImportRequest;
import io.talchum.weights.pack.ModelImporter;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.pack.ProgressListener;
import io.talchum.weights.quantize.Quantization;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every family through the engine: prompts of 1 to 70 tokens at once, read in pieces between decode
 * steps, in fewer slots than requests.
 */
class FamilyEngineTest {
  private static final int NEW_TOKENS = 24;

  @ParameterizedTest
  @MethodSource("io.talchum.testing.Families#all")
  void requestsAtOnceGiveTransformersText(String family, @TempDir Path folder) {
    ImportRequest source =
        ImportRequest.of(Fixtures.path("models/" + family), family.replace('_', '-'))
            .quantized(Quantization.NONE, Quantization.NONE)
            .withoutTokenizer();
    Path imported = new ModelImporter().run(source, folder, ProgressListener.NONE);
    try (ModelPackage model = ModelPackage.open(imported);
        OnnxModelExecutor executor =
            OnnxModelExecutor.open(model, new ExecutorOptions(3, 128, 16, 2, false));
        Engine engine =
            Engine.start(
                executor,
                new FakeTokenizer(),
                new EngineConfig(Set.of(), 64, 8, 16),
                InstantSource.system(),
                EngineListener.NONE);
        Fixtures.Goldens goldens = Fixtures.goldens("models/" + family + "/golden.safetensors")) {
      List<RecordingSink> sinks = new ArrayList<>();
      for (int p = 3; p >= 0; p--) {
        int[] prompt = goldens.ints("p" + p + ".input_ids");
        RecordingSink sink = new RecordingSink();
        engine.submit(
            new GenerationRequest(
                "r" + p, prompt, null, SamplingParams.greedy(NEW_TOKENS), "base", null, sink));
        sinks.addFirst(sink);
      }
      for (int p = 0; p < sinks.size(); p++) {
        assertThat(sinks.get(p).await().tokenIds())
            .as("prompt %d", p)
            .containsExactly(boxed(goldens.ints("p" + p + ".greedy_ids")));
      }
    }
  }

  private static Integer[] boxed(int[] ids) {
    return java.util.Arrays.stream(ids).boxed().toArray(Integer[]::new);
  }
}
