package io.talchum.model.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.model.ModelExecutor;
import io.talchum.testing.Fixtures;

/** An executor against recorded logits and texts. */
public final class GoldenComparison {
  private GoldenComparison() {}

  /** How a file names its prompts. */
  public record Keys(String prompt, String ids, String greedy) {
    public static final Keys MODEL = new Keys("p", ".input_ids", ".greedy_ids");
    public static final Keys ADAPTER = new Keys("prompt", ".ids", ".greedy");
  }

  /** Told what was compared. */
  @FunctionalInterface
  public interface Report {
    /**
     * @param difference the largest one between two logits
     * @param largest magnitude of an expected logit
     */
    void compared(String what, float difference, float largest);
  }

  /** All prompts' logits, read in pieces of each length. */
  public static void logits(
      ModelExecutor executor,
      int slot,
      Fixtures.Goldens goldens,
      Keys keys,
      int prompts,
      int[] pieces,
      Report report) {
    for (int p = 0; p < prompts; p++) {
      int[] prompt = goldens.ints(keys.prompt() + p + keys.ids());
      float[][] expected = goldens.rows(keys.prompt() + p + ".logits");
      for (int piece : pieces) {
        report.compared(
            "prompt %d in pieces of %d".formatted(p, piece),
            TinyModels.maxDifference(TinyModels.prefill(executor, slot, prompt, piece), expected),
            TinyModels.largest(expected));
      }
    }
  }

  /** All prompts' most likely continuations, in slot 0. */
  public static void texts(
      ModelExecutor executor, Fixtures.Goldens goldens, Keys keys, int prompts) {
    for (int p = 0; p < prompts; p++) {
      int[] prompt = goldens.ints(keys.prompt() + p + keys.ids());
      int[] greedy = goldens.ints(keys.prompt() + p + keys.greedy());
      assertThat(TinyModels.greedy(executor, prompt, greedy.length))
          .as("prompt %d", p)
          .isEqualTo(greedy);
    }
  }
}
