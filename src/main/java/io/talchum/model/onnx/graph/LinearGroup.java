package io.talchum.model.onnx.graph;

import io.talchum.core.Linear;
import java.util.List;

/** Linears of a layer that read the same input: stored as one matrix and adapted by one A. */
public enum LinearGroup {
  QKV("qkv", Linear.Q, Linear.K, Linear.V),
  O("o", Linear.O),
  GATE_UP("gate_up", Linear.GATE, Linear.UP),
  DOWN("down", Linear.DOWN);

  private final String tensor;
  private final List<Linear> members;

  LinearGroup(String tensor, Linear... members) {
    this.tensor = tensor;
    this.members = List.of(members);
  }

  /** Name of the fused matrix in the model package, after {@code layers.N.}. */
  public String tensor() {
    return tensor;
  }

  public List<Linear> members() {
    return members;
  }
}
