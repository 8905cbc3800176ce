package io.talchum.model.onnx.device;

import io.talchum.model.LogitRows;
import io.talchum.model.StepLogits;
import io.talchum.model.onnx.TinyModels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Logits of many decode steps: batches of 1 to 3 rows of different lengths, in turn. */
public final class DecodedRows {
  public static final int SLOTS = 3;
  private static final int[] PROMPT = {3, 1, 4, 1, 5, 9, 2, 6};

  private DecodedRows() {}

  /**
   * Rows in the order of the steps, and one at the end of the context.
   *
   * @param executor of {@value #SLOTS} slots, {@link TinyModels#CONTEXT} positions and pieces of 64
   */
  public static float[][] of(DeviceModelExecutor executor) {
    for (int slot = 0; slot < SLOTS; slot++) {
      executor.prefill(slot, 0, Arrays.copyOf(PROMPT, PROMPT.length - slot), LogitRows.LAST);
    }
    List<float[]> rows = new ArrayList<>();
    for (int step = 0; step < TinyModels.CONTEXT - PROMPT.length; step++) {
      int count = 1 + step % SLOTS;
      int[] tokens = new int[count];
      int[] positions = new int[count];
      for (int row = 0; row < count; row++) {
        tokens[row] = (7 * step + row) % executor.spec().vocabSize();
        positions[row] = PROMPT.length - row + step / SLOTS;
      }
      StepLogits logits = executor.decode(tokens, positions);
      for (int row = 0; row < count; row++) {
        rows.add(TinyModels.row(logits, row));
      }
    }
    rows.add(lastPosition(executor));
    return rows.toArray(float[][]::new);
  }

  private static float[] lastPosition(DeviceModelExecutor executor) {
    int[] prompt = new int[TinyModels.CONTEXT - 1];
    Arrays.fill(prompt, 5);
    executor.prefill(0, 0, Arrays.copyOf(prompt, 64), LogitRows.NONE);
    executor.prefill(0, 64, Arrays.copyOfRange(prompt, 64, prompt.length), LogitRows.NONE);
    return TinyModels.row(executor.decode(new int[] {7}, new int[] {prompt.length}), 0);
  }
}
