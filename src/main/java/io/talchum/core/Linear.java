package io.talchum.core;

/** The linear layers of a gated decoder block, in the order in which they run. */
public enum Linear {
  Q("self_attn.q_proj"),
  K("self_attn.k_proj"),
  V("self_attn.v_proj"),
  O("self_attn.o_proj"),
  GATE("mlp.gate_proj"),
  UP("mlp.up_proj"),
  DOWN("mlp.down_proj");

  private final String path;

  Linear(String path) {
    this.path = path;
  }

  /**
   * The module path inside {@code model.layers.N} as Hugging Face checkpoints and PEFT adapters
   * spell it.
   */
  public String path() {
    return path;
  }
}
