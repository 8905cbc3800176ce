package io.talchum.model.onnx.adapter;

import io.talchum.model.onnx.math.DenseProduct;
import io.talchum.model.onnx.math.TaskScratch;

/** A change of each token by itself; four are a task. */
sealed interface TokenwiseAdapter extends HiddenStateAdapter
    permits NormAdapter,
        BottleneckAdapter,
        GatedAttentionAdapter,
        LadderAdapter,
        GatedVirtualKvAdapter {

  /** Changes some tokens. */
  void run(HiddenStateCall call, HiddenStateCall.Tokens tokens, TaskScratch scratch);

  @Override
  default int passes() {
    return 1;
  }

  @Override
  default int tasks(int pass, int tokens) {
    return Math.ceilDiv(tokens, DenseProduct.TOKENS);
  }

  @Override
  default int sharedVectors() {
    return 0;
  }

  @Override
  default void run(
      HiddenStateCall call, HiddenStateBatch batch, int pass, int task, TaskScratch scratch) {
    run(call, batch.tokens(task), scratch);
  }
}
