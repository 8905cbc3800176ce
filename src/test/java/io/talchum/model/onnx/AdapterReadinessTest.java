package io.talchum.model.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.adapter.AdapterWeights;
import io.talchum.adapter.ResidentAdapter;
import io.talchum.model.LogitRows;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.quantize.Quantization;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an adapter needs before its first step, taken out of {@code bind}. */
class AdapterReadinessTest {
  private static final int[] PROMPT = {3, 1, 4, 1, 5};

  @Test
  void aSoftPromptIsReadPieceByPieceOrAllAtOnce(@TempDir Path folder) {
    try (ModelPackage model = base(folder);
        OnnxModelExecutor executor = TinyModels.exact(model, 2)) {
      AdapterWeights weights = new RandomAdapters(model.manifest().spec()).one("SoftPrompt");
      float[] pieces;
      float[] again;
      try (ResidentAdapter adapter = executor.prepare(weights)) {
        int tokens = adapter.virtualTokens();
        executor.bind(0, adapter);
        executor.bind(1, adapter);
        executor.expect(0, PROMPT);
        executor.expect(1, PROMPT);
        assertThat(executor.virtualTokensLeft(0)).isEqualTo(tokens);
        executor.prefillVirtual(0, 4);
        assertThat(executor.virtualTokensLeft(0)).isEqualTo(tokens - 4);
        executor.prefillVirtual(0, 64);
        assertThat(executor.virtualTokensLeft(0)).isZero();
        pieces = logits(executor, 0);
        executor.prefillVirtual(1, 1);
        assertThat(executor.virtualTokensLeft(1)).as("copied: they are known now").isZero();
        again = logits(executor, 1);
        executor.bind(0, adapter);
        assertThat(executor.virtualTokensLeft(0)).isZero();
        executor.release(0);
        executor.release(1);
      }
      try (ResidentAdapter fresh = executor.prepare(weights)) {
        executor.bind(0, fresh);
        executor.expect(0, PROMPT);
        float[] whole = logits(executor, 0); // reads what is missing
        assertThat(TinyModels.maxDifference(pieces, whole)).isLessThan(1e-4f);
        assertThat(again).isEqualTo(pieces);
        executor.release(0);
      }
    }
  }

  /** The graph is made by another thread while this one runs steps. */
  @Test
  void theSecondGraphIsMadeBeside(@TempDir Path folder) {
    try (ModelPackage model = base(folder);
        OnnxModelExecutor executor = TinyModels.exact(model, 2);
        ResidentAdapter plain =
            executor.prepare(new RandomAdapters(model.manifest().spec()).one("LowRankDelta"));
        ResidentAdapter hooked =
            executor.prepare(new RandomAdapters(model.manifest().spec()).one("Bottleneck"))) {
      assertThat(executor.isReady(plain)).isTrue();
      assertThat(executor.isReady(hooked)).isFalse();
      executor.bind(0, null);
      executor.expect(0, PROMPT);
      float[] before = logits(executor, 0);
      CompletableFuture<Void> made = CompletableFuture.runAsync(() -> executor.makeReady(hooked));
      int steps = 0;
      while (steps == 0 || (!made.isDone() && steps < 100_000)) {
        assertThat(logits(executor, 0)).isEqualTo(before);
        steps++;
      }
      made.join();
      assertThat(executor.isReady(hooked)).isTrue();
      executor.bind(1, hooked);
      executor.expect(1, PROMPT);
      assertThat(logits(executor, 1)).isNotEqualTo(before);
      assertThat(logits(executor, 0)).isEqualTo(before);
      executor.release(1);
      executor.release(0);
    }
  }

  private static ModelPackage base(Path folder) {
    return TinyModels.imported("adapters/base-llama", Quantization.NONE, Quantization.NONE, folder);
  }

  private static float[] logits(OnnxModelExecutor executor, int slot) {
    return executor.prefill(slot, 0, PROMPT, LogitRows.LAST).row(0).toArray(ValueLayout.JAVA_FLOAT);
  }
}
