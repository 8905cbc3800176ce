package io.talchum.model.onnx;

/** What an adapter changes at a {@link HookSite}. Immutable; its memory is its adapter's. */
sealed interface HookChange
    permits NormChange,
        BottleneckChange,
        FusionChange,
        GatedAttentionChange,
        LadderChange,
        VirtualGateChange {

  /** What has to be known of all tokens of a row before any is changed. Engine thread. */
  default void begin(HookCall call, int row, BoundAdapter bound) {}

  /** Whether {@link #begin} reads what the site has. */
  default boolean isGated() {
    return false;
  }

  /** Changes some tokens of a row. */
  void run(HookCall call, HookCall.Tokens tokens, HookScratch scratch);
}
