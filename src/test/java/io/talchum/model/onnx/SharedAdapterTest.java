package io.talchum.model.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.adapter.AdapterWeights;
import io.talchum.adapter.ResidentAdapter;
import io.talchum.model.StepLogits;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.quantize.Quantization;
import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Rows that have the same adapter go through its matrices together, and give what each gives alone.
 */
class SharedAdapterTest {
  private static final float TOLERANCE = 1e-4f;

  /** Which of seven rows have the adapter: five, so that four go together and one by itself. */
  private static final boolean[] ADAPTED = {true, false, true, true, false, true, true};

  private final Path folder;

  SharedAdapterTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @ParameterizedTest
  @EnumSource(names = {"NONE", "INT8"})
  void rowsOfOneAdapterEqualTheirRunsAlone(Quantization quantization) {
    try (ModelPackage model =
            TinyModels.imported("adapters/base-llama", quantization, quantization, folder);
        OnnxModelExecutor executor = TinyModels.exact(model, ADAPTED.length)) {
      Map<String, AdapterWeights> kinds = new RandomAdapters(executor.spec()).all();
      for (Map.Entry<String, AdapterWeights> kind : kinds.entrySet()) {
        try (ResidentAdapter adapter = executor.prepare(kind.getValue())) {
          float[][] alone = new float[ADAPTED.length][];
          for (int row = 0; row < ADAPTED.length; row++) {
            read(executor, 0, row, adapter);
            alone[row] = TinyModels.row(executor.decode(new int[] {row}, new int[] {row + 7}), 0);
          }
          assertTogether(executor, adapter, alone, kind.getKey());
        }
      }
    }
  }

  private static void assertTogether(
      OnnxModelExecutor executor, ResidentAdapter adapter, float[][] alone, String kind) {
    int[] tokens = new int[ADAPTED.length];
    int[] positions = new int[ADAPTED.length];
    for (int row = 0; row < ADAPTED.length; row++) {
      read(executor, row, row, adapter);
      tokens[row] = row;
      positions[row] = row + 7;
    }
    StepLogits together = executor.decode(tokens, positions);
    for (int row = 0; row < ADAPTED.length; row++) {
      assertThat(TinyModels.maxDifference(TinyModels.row(together, row), alone[row]))
          .as("%s, row %d", kind, row)
          .isLessThan(TOLERANCE);
    }
  }

  /** A prompt of the row's own, of row + 7 tokens, in one piece. */
  private static void read(
      OnnxModelExecutor executor, int slot, int row, @Nullable ResidentAdapter adapter) {
    int[] prompt = new SplittableRandom(row).ints(row + 7, 0, 50).toArray();
    executor.bind(slot, ADAPTED[row] ? adapter : null);
    TinyModels.prefill(executor, slot, prompt, 64);
  }
}
