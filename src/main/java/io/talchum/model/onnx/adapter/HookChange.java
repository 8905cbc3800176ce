package io.talchum.model.onnx.adapter;

import io.talchum.model.onnx.graph.HookSite;
import io.talchum.model.onnx.math.HookScratch;

/** What an adapter changes at a {@link HookSite}. Immutable; its memory is its adapter's. */
public sealed interface HookChange permits TokenChange, FusionChange {

  /** What has to be known of all tokens of a row before any is changed. Engine thread. */
  default void begin(HookCall call, int row, BoundAdapter bound) {}

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
  default void beginPass(HookCall call, HookJob job, int pass) {}

  /** Runs a task. */
  void run(HookCall call, HookJob job, int pass, int task, HookScratch scratch);
}
