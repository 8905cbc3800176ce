package io.talchum.model.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.adapter.AdapterWeights;
import io.talchum.adapter.LowRankDelta;
import io.talchum.adapter.ResidentAdapter;
import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;
import io.talchum.testing.Fixtures;
import io.talchum.weights.pack.ImportRequest;
import io.talchum.weights.pack.ModelImporter;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.quantize.Quantization;
import io.talchum.weights.quantize.QuantizationRules;
import io.talchum.weights.quantize.TensorRule;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Linears that read the same input but are stored unlike, as in mixed GGUF files. */
class SplitGroupsTest {
  private static final int[] PROMPT = {3, 1, 4, 1, 5, 9, 2, 6};

  /** Both packages hold the same numbers: int8 takes those of Q4_0 over. */
  @Test
  void giveTheLogitsOfOneMatrixWithAndWithoutAnAdapter(@TempDir Path folder) {
    List<TensorRule> split =
        List.of(
            new TensorRule("*.v", Quantization.INT8), new TensorRule("*.gate", Quantization.INT8));
    try (ModelPackage whole = imported(List.of(), folder.resolve("whole"));
        ModelPackage parts = imported(split, folder.resolve("parts"))) {
      assertThat(whole.find("layers.0.qkv")).isPresent();
      assertThat(parts.find("layers.0.qkv")).isEmpty();
      assertThat(parts.find("layers.0.gate_up")).isEmpty();
      List<float[][]> expected = logits(whole);
      List<float[][]> actual = logits(parts);
      assertThat(TinyModels.maxDifference(expected.get(0), expected.get(1))).isGreaterThan(0.1f);
      for (int i = 0; i < 2; i++) {
        assertThat(TinyModels.maxDifference(actual.get(i), expected.get(i))).isLessThan(1e-3f);
      }
    }
  }

  private static ModelPackage imported(List<TensorRule> tensors, Path folder) {
    QuantizationRules rules =
        new QuantizationRules(Quantization.AUTO, Quantization.AUTO, Quantization.AUTO, tensors);
    ImportRequest request =
        ImportRequest.of(Fixtures.path("gguf/llama_tied.Q4_0.gguf"), "m").with(rules);
    return ModelPackage.open(new ModelImporter().run(request, folder, (done, total, tensor) -> {}));
  }

  /** Without an adapter, and with one on all linears. */
  private static List<float[][]> logits(ModelPackage model) {
    try (OnnxModelExecutor executor = TinyModels.exact(model, 1);
        ResidentAdapter adapter = executor.prepare(random(executor.spec()))) {
      float[][] base = TinyModels.prefill(executor, 0, PROMPT, 8);
      executor.bind(0, adapter);
      return List.of(base, TinyModels.prefill(executor, 0, PROMPT, 8));
    }
  }

  private static AdapterWeights random(ModelSpec spec) {
    SplittableRandom random = new SplittableRandom(3);
    List<LowRankDelta> deltas = new ArrayList<>();
    for (int layer = 0; layer < spec.layers(); layer++) {
      for (Linear linear : Linear.values()) {
        deltas.add(
            new LowRankDelta(
                layer,
                linear,
                2,
                1f,
                values(2 * spec.inputSize(linear), random),
                values(2 * spec.outputSize(linear), random)));
      }
    }
    return AdapterWeights.of(deltas);
  }

  private static float[] values(int count, SplittableRandom random) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextDouble(-0.1, 0.1);
    }
    return values;
  }
}
