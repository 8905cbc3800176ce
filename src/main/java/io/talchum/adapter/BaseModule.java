package io.talchum.adapter;

import io.talchum.core.LinearModule;
import io.talchum.core.ModelSpec;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One linear module of one layer of the base; fused ones hold several linears.
 *
 * @param layer 0-based
 */
public record BaseModule(int layer, LinearModule module) {
  /** As PEFT sees it, for example {@code model.layers.0.self_attn.q_proj}. */
  public String path() {
    return "model.layers." + layer + "." + module.path();
  }

  public int inputSize(ModelSpec base) {
    return base.inputSize(module.linears().getFirst());
  }

  public int outputSize(ModelSpec base) {
    return module.linears().stream().mapToInt(base::outputSize).sum();
  }

  /** All modules by path, in the order in which they run. */
  public static Map<String, BaseModule> all(ModelSpec base) {
    Map<String, BaseModule> all = new LinkedHashMap<>();
    for (int layer = 0; layer < base.layers(); layer++) {
      for (LinearModule linears : base.modules()) {
        BaseModule module = new BaseModule(layer, linears);
        all.put(module.path(), module);
      }
    }
    return all;
  }
}
