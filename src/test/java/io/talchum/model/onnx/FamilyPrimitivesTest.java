package io.talchum.model.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.adapter.AdapterPrimitive;
import io.talchum.adapter.AdapterWeights;
import io.talchum.adapter.FinalNormWeight;
import io.talchum.adapter.GatedAttention;
import io.talchum.adapter.NormWeight;
import io.talchum.adapter.ResidentAdapter;
import io.talchum.core.ModelSpec;
import io.talchum.core.Norm;
import io.talchum.model.StepLogits;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.quantize.Quantization;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every kind of primitive on every family: fused linears, biases, norms at all places, own rope.
 */
class FamilyPrimitivesTest {
  private static final float TOLERANCE = 1e-3f;

  private final Path folder;

  FamilyPrimitivesTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @ParameterizedTest
  @MethodSource("io.talchum.testing.Families#all")
  void aPromptInPiecesEqualsTheWholeAndDiffersFromTheBase(String family) {
    try (ModelPackage model =
            TinyModels.imported("models/" + family, Quantization.INT8, Quantization.INT8, folder);
        OnnxModelExecutor executor = TinyModels.exact(model, 1)) {
      int[] prompt = text(executor.spec(), 30);
      prompt[12] = 7;
      prompt[20] = 5;
      float[][] base = prefilled(executor, null, prompt, 30);
      for (Map.Entry<String, AdapterWeights> kind :
          new RandomAdapters(executor.spec()).all().entrySet()) {
        try (ResidentAdapter adapter = executor.prepare(kind.getValue())) {
          float[][] whole = prefilled(executor, adapter, prompt, 30);
          assertThat(TinyModels.maxDifference(prefilled(executor, adapter, prompt, 7), whole))
              .as(kind.getKey())
              .isLessThan(TOLERANCE);
          assertThat(TinyModels.maxDifference(whole, base))
              .as(kind.getKey())
              .isGreaterThan(10 * TOLERANCE);
        }
      }
    }
  }

  /**
   * The base's own norms and an attention that is gated off, where the extended graph computes
   * them.
   */
  @ParameterizedTest
  @MethodSource("io.talchum.testing.Families#all")
  void theBasesNormsInTheExtendedGraphAreTheBase(String family) {
    try (ModelPackage model =
            TinyModels.imported("models/" + family, Quantization.NONE, Quantization.NONE, folder);
        OnnxModelExecutor executor = TinyModels.exact(model, 1)) {
      int[] prompt = text(executor.spec(), 30);
      float[][] base = prefilled(executor, null, prompt, 30);
      try (ResidentAdapter adapter = executor.prepare(norms(model))) {
        assertThat(TinyModels.maxDifference(prefilled(executor, adapter, prompt, 30), base))
            .isLessThan(TOLERANCE);
      }
    }
  }

  private static AdapterWeights norms(ModelPackage model) {
    ModelSpec spec = model.manifest().spec();
    List<AdapterPrimitive> all = new ArrayList<>();
    for (int layer = 0; layer < spec.layers(); layer++) {
      for (Norm norm : spec.norms().places()) {
        all.add(
            new NormWeight(layer, norm, vector(model, "layers." + layer + "." + norm.tensor())));
      }
      float[] ones = new RandomAdapters(spec).around(1, 0, 2 * spec.kvHeads() * spec.headDim());
      all.add(new GatedAttention(layer, 2, ones, ones, 0));
    }
    all.add(new FinalNormWeight(vector(model, "norm")));
    return AdapterWeights.of(all);
  }

  private static float[] vector(ModelPackage model, String name) {
    return model.data(model.tensor(name), "weight").toArray(ValueLayout.JAVA_FLOAT);
  }

  /** A base row keeps its bits beside a row that needs the extended graph. */
  @ParameterizedTest
  @EnumSource(names = {"NONE", "INT8"})
  void aBaseRowHasTheSameBitsInTheExtendedGraph(Quantization quantization) {
    try (ModelPackage model =
            TinyModels.imported("adapters/base-llama", quantization, quantization, folder);
        OnnxModelExecutor executor = TinyModels.exact(model, 2);
        ResidentAdapter extended =
            executor.prepare(new RandomAdapters(executor.spec()).one("Bottleneck"))) {
      int[] prompt = text(executor.spec(), 9);
      List<float[]> rows = new ArrayList<>();
      for (ResidentAdapter beside : new @Nullable ResidentAdapter[] {null, extended}) {
        prefilled(executor, null, prompt, 9);
        executor.bind(1, beside);
        TinyModels.prefill(executor, 1, prompt, 9);
        StepLogits logits = executor.decode(new int[] {1, 1}, new int[] {9, 9});
        rows.add(TinyModels.row(logits, 0));
        rows.add(TinyModels.row(logits, 1));
      }
      assertThat(rows.get(2)).isEqualTo(rows.get(0));
      assertThat(TinyModels.maxDifference(rows.get(3), rows.get(1))).isGreaterThan(0.01f);
    }
  }

  private static float[][] prefilled(
      OnnxModelExecutor executor, @Nullable ResidentAdapter adapter, int[] prompt, int piece) {
    executor.bind(0, adapter);
    return TinyModels.prefill(executor, 0, prompt, piece);
  }

  private static int[] text(ModelSpec spec, int tokens) {
    return new SplittableRandom(3).ints(tokens, 0, Math.min(50, spec.vocabSize())).toArray();
  }
}
