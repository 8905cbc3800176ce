package io.talchum.model.onnx;

import io.talchum.adapter.ResidentAdapter;
import io.talchum.model.ModelExecutor;
import io.talchum.model.StepLogits;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Rows with different adapters in one batch, each against its run alone in slot 0. */
public final class MixedBatch {
  private static final int STEPS = 8;

  private final ModelExecutor executor;
  private final List<@Nullable ResidentAdapter> adapters;
  private final int[][] prompts;
  private final int[][] ids; // [adapters, steps]: each row's own most likely tokens
  private final float[][][] alone; // [adapters, steps, vocab]

  /** As many rows as adapters; null is the base. */
  public MixedBatch(ModelExecutor executor, List<@Nullable ResidentAdapter> adapters) {
    this.executor = executor;
    this.adapters = adapters;
    this.prompts = prompts(adapters.size(), executor.spec().vocabSize());
    this.ids = new int[adapters.size()][STEPS];
    this.alone = new float[adapters.size()][STEPS][];
    for (int row = 0; row < adapters.size(); row++) {
      runAlone(row);
    }
  }

  private void runAlone(int row) {
    executor.bind(0, adapters.get(row));
    float[][] prefilled = TinyModels.prefill(executor, 0, prompts[row], 16);
    float[] last = prefilled[prefilled.length - 1];
    for (int step = 0; step < STEPS; step++) {
      ids[row][step] = TinyModels.argmax(last);
      last =
          TinyModels.row(
              executor.decode(new int[] {ids[row][step]}, new int[] {prompts[row].length + step}),
              0);
      alone[row][step] = last;
    }
  }

  /** The largest logit of all runs alone. */
  public float largest() {
    float largest = 0;
    for (float[][] rows : alone) {
      largest = Math.max(largest, TinyModels.largest(rows));
    }
    return largest;
  }

  /**
   * The largest difference of a logit.
   *
   * @param shift slot s holds adapter s + shift, so that slots meet other adapters' rests
   */
  public float largestDifference(int shift) {
    int rows = adapters.size();
    for (int slot = 0; slot < rows; slot++) {
      int row = (slot + shift) % rows;
      executor.bind(slot, adapters.get(row));
      TinyModels.prefill(executor, slot, prompts[row], 5);
    }
    float largest = 0;
    for (int step = 0; step < STEPS; step++) {
      int[] tokens = new int[rows];
      int[] positions = new int[rows];
      for (int slot = 0; slot < rows; slot++) {
        int row = (slot + shift) % rows;
        tokens[slot] = ids[row][step];
        positions[slot] = prompts[row].length + step;
      }
      StepLogits mixed = executor.decode(tokens, positions);
      for (int slot = 0; slot < rows; slot++) {
        float difference =
            TinyModels.maxDifference(
                TinyModels.row(mixed, slot), alone[(slot + shift) % rows][step]);
        largest = difference <= largest ? largest : difference; // NaN stays
      }
    }
    return largest;
  }

  /** How far two rows' first logits are apart at least: else the batch could mix them up unseen. */
  public float leastDistance() {
    float least = Float.MAX_VALUE;
    for (int a = 0; a < adapters.size(); a++) {
      for (int b = 0; b < a; b++) {
        least = Math.min(least, TinyModels.maxDifference(alone[a][0], alone[b][0]));
      }
    }
    return least;
  }

  private static int[][] prompts(int count, int vocabSize) {
    SplittableRandom random = new SplittableRandom(7);
    int[][] prompts = new int[count][];
    for (int i = 0; i < count; i++) {
      prompts[i] = random.ints(1 + random.nextInt(30), 0, vocabSize).toArray();
    }
    return prompts;
  }
}
