package io.talchum.model.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.model.StepLogits;
import io.talchum.testing.Fixtures;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.quantize.Quantization;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every family in ragged batches: prompts of 1, 7, 33 and 70 tokens in slots that hold older text,
 * decoded together beyond the windows, give transformers' text.
 */
class FamilyBatchTest {
  private static final int PROMPTS = 4;
  private static final int SPARE = PROMPTS; // a slot that a sequence moves to
  private static final int MOVE_AT = 11;

  @ParameterizedTest
  @MethodSource("io.talchum.testing.Families#all")
  void rowsOfDifferentLengthGiveTransformersText(String family, @TempDir Path folder) {
    try (ModelPackage model =
            TinyModels.imported("models/" + family, Quantization.NONE, Quantization.NONE, folder);
        OnnxModelExecutor executor = TinyModels.exact(model, PROMPTS + 1);
        Fixtures.Goldens goldens = Fixtures.goldens("models/" + family + "/golden.safetensors")) {
      soilAllSlots(executor);
      int[][] prompts = new int[PROMPTS][];
      int[][] greedy = new int[PROMPTS][];
      for (int p = 0; p < PROMPTS; p++) {
        prompts[p] = goldens.ints("p" + p + ".input_ids");
        greedy[p] = goldens.ints("p" + p + ".greedy_ids");
        float[][] logits = TinyModels.prefill(executor, p, prompts[p], 9 + 8 * p);
        assertThat(TinyModels.argmax(logits[logits.length - 1])).isEqualTo(greedy[p][0]);
      }
      assertDecoded(executor, prompts, greedy);
    }
  }

  private static void soilAllSlots(OnnxModelExecutor executor) {
    int[] text = new int[100];
    Arrays.setAll(text, i -> (i * 37 + 11) % executor.spec().vocabSize());
    for (int slot = 0; slot < executor.slots(); slot++) {
      TinyModels.prefill(executor, slot, text, 64);
    }
  }

  private static void assertDecoded(OnnxModelExecutor executor, int[][] prompts, int[][] greedy) {
    int[] slots = {0, 1, 2, 3};
    for (int step = 0; step + 1 < greedy[0].length; step++) {
      if (step == MOVE_AT) {
        executor.copySlot(slots[1], SPARE, prompts[1].length + step);
        slots[1] = SPARE;
      }
      int[] tokens = new int[PROMPTS + 1];
      int[] positions = new int[PROMPTS + 1];
      for (int p = 0; p < PROMPTS; p++) {
        tokens[slots[p]] = greedy[p][step];
        positions[slots[p]] = prompts[p].length + step;
      }
      StepLogits logits = executor.decode(tokens, positions);
      for (int p = 0; p < PROMPTS; p++) {
        assertThat(TinyModels.argmax(TinyModels.row(logits, slots[p])))
            .as("prompt %d, step %d", p, step)
            .isEqualTo(greedy[p][step + 1]);
      }
    }
  }
}
