package io.talchum.model.onnx.adapter;

import io.talchum.model.onnx.math.DenseProduct;
import io.talchum.model.onnx.math.HookScratch;

/** A change of each token by itself; four are a task. */
sealed interface TokenChange extends HookChange
    permits NormChange, BottleneckChange, GatedAttentionChange, LadderChange, VirtualGateChange {

  /** Changes some tokens. */
  void run(HookCall call, HookCall.Tokens tokens, HookScratch scratch);

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
  default void run(HookCall call, HookJob job, int pass, int task, HookScratch scratch) {
    run(call, job.tokens(task), scratch);
  }
}
