package io.talchum.model;

import io.talchum.adapter.ResidentAdapter;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** One prompt, read from its beginning in a slot that nobody has. */
public final class ForwardPass {
  private ForwardPass() {}

  /**
   * The logits of the last token; takes the slot and gives it back. The executor's thread.
   *
   * @param adapter null is the bare base
   */
  public static float[] logits(
      ModelExecutor executor, int slot, @Nullable ResidentAdapter adapter, int[] promptTokenIds) {
    executor.bind(slot, adapter);
    try {
      executor.expect(slot, promptTokenIds);
      int piece = executor.maxPrefillTokens();
      int start = 0;
      while (promptTokenIds.length - start > piece) {
        int[] tokens = Arrays.copyOfRange(promptTokenIds, start, start + piece);
        StepLogits unused = executor.prefill(slot, start, tokens, LogitRows.NONE);
        start += piece;
      }
      int[] last = Arrays.copyOfRange(promptTokenIds, start, promptTokenIds.length);
      return executor
          .prefill(slot, start, last, LogitRows.LAST)
          .row(0)
          .toArray(ValueLayout.JAVA_FLOAT);
    } finally {
      executor.release(slot);
    }
  }
}
