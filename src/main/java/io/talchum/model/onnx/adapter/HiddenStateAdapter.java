package io.talchum.model.onnx.adapter;

import io.talchum.model.onnx.graph.HiddenStateSite;
import io.talchum.model.onnx.math.TaskScratch;

/** What an adapter changes at a {@link HiddenStateSite}. Immutable; its memory is its adapter's. */
public sealed interface HiddenStateAdapter permits TokenwiseAdapter, FusionAdapter {

  /** What has to be known of all tokens of a row before any is changed. Engine thread. */
  default void begin(HiddenStateCall call, int row, BoundAdapter bound) {}

  /** Whether {@link #begin} reads what the site has. */
  default boolean isGated() {
    return false;
  }

  /** Passes over the tokens; each begins when the one before has ended. */
  int passes();

  /** Tasks of a pass over so many tokens, in any order, by any threads. */
  int tasks(int pass, int tokens);

  /** Vectors of the site's width that the passes hand on, for each token. */
  int sharedVectors();

  /** What has to be done before the tasks of a pass. Engine thread. */
  default void beginPass(HiddenStateCall call, HiddenStateBatch batch, int pass) {}

  /** Runs a task. */
  void run(HiddenStateCall call, HiddenStateBatch batch, int pass, int task, TaskScratch scratch);
}
