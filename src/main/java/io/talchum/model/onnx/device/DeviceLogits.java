package io.talchum.model.onnx.device;

import io.talchum.model.StepLogits;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * Logits that stay on the device: candidates are here, a whole row is fetched when somebody asks.
 */
record DeviceLogits(int rows, int vocabSize, int candidateCount, DeviceBuffers buffers)
    implements StepLogits {
  @Override
  public MemorySegment row(int row) {
    return buffers.fetchLogits(row);
  }

  @Override
  public @Nullable Candidates candidates(int row) {
    if (candidateCount == 0) {
      return null;
    }
    int[] ids = new int[candidateCount];
    float[] logits = new float[candidateCount];
    for (int i = 0; i < candidateCount; i++) {
      long at = (long) row * candidateCount + i;
      ids[i] = (int) buffers.candidateIds().getAtIndex(ValueLayout.JAVA_LONG, at);
      logits[i] = buffers.candidateLogits().getAtIndex(ValueLayout.JAVA_FLOAT, at);
    }
    return new Candidates(ids, logits);
  }
}
