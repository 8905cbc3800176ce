package io.talchum.model.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.model.LogitRows;
import io.talchum.model.onnx.kv.KvScales;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.quantize.Quantization;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Keys and values carried from slot to slot through host memory. */
class KvBlocksTest {
  private static final int BLOCK = 32;
  private static final int PROMPT = 102;
  private static final int REUSED = 96;

  private final Path folder;

  KvBlocksTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @ParameterizedTest
  @MethodSource("io.talchum.testing.Families#all")
  void aPromptThatContinuesCopiedBlocksHasTheSameBits(String family) {
    try (ModelPackage model =
        TinyModels.imported("models/" + family, Quantization.NONE, Quantization.NONE, folder)) {
      check(model, KvScales.NONE);
      check(model, KvCalibration.run(model, List.of(text(model, 1, 120)), 2));
    }
  }

  private static void check(ModelPackage model, KvScales scales) {
    ExecutorOptions options = new ExecutorOptions(3, TinyModels.CONTEXT, 64, 2, false, scales);
    try (OnnxModelExecutor executor = OnnxModelExecutor.open(model, options)) {
      int[] prompt = text(model, 2, PROMPT);
      for (int slot = 0; slot < 3; slot++) {
        TinyModels.prefill(executor, slot, text(model, 3 + slot, 120), 64);
      }
      float[][] whole = TinyModels.prefill(executor, 0, prompt, 64);
      copyBlocks(executor, 0, 2);
      executor.expect(2, prompt);
      int[] rest = Arrays.copyOfRange(prompt, REUSED, PROMPT);
      assertThat(TinyModels.row(executor.prefill(2, REUSED, rest, LogitRows.LAST), 0))
          .isEqualTo(whole[PROMPT - 1]);
    }
  }

  private static void copyBlocks(OnnxModelExecutor executor, int from, int to) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment block = arena.allocate(BLOCK * executor.kvBytesPerToken());
      for (int start = REUSED - BLOCK; start >= 0; start -= BLOCK) {
        executor.readKv(from, start, BLOCK, block);
        executor.writeKv(to, start, BLOCK, block);
      }
    }
  }

  @Test
  void refusesWhatDoesNotFit() {
    try (ModelPackage model =
            TinyModels.imported("models/llama", Quantization.NONE, Quantization.NONE, folder);
        OnnxModelExecutor executor = TinyModels.exact(model, 1);
        Arena arena = Arena.ofConfined()) {
      MemorySegment block = arena.allocate(BLOCK * executor.kvBytesPerToken());
      assertThatThrownBy(() -> executor.readKv(0, 0, BLOCK - 1, block))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> executor.writeKv(0, TinyModels.CONTEXT - 1, BLOCK, block))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("is not in 0..127");
    }
  }

  private static int[] text(ModelPackage model, int seed, int tokens) {
    return new SplittableRandom(seed)
        .ints(tokens, 0, model.manifest().spec().vocabSize())
        .toArray();
  }
}
