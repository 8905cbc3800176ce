package io.talchum.adapter;

import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One linear of one layer of the base.
 *
 * @param layer 0-based
 */
record BaseModule(int layer, Linear linear) {
  /** As PEFT sees it, for example {@code model.layers.0.self_attn.q_proj}. */
  String path() {
    return "model.layers." + layer + "." + linear.path();
  }

  /** All modules by path, in the order in which they run. */
  static Map<String, BaseModule> all(ModelSpec base) {
    Map<String, BaseModule> all = new LinkedHashMap<>();
    for (int layer = 0; layer < base.layers(); layer++) {
      for (Linear linear : Linear.values()) {
        BaseModule module = new BaseModule(layer, linear);
        all.put(module.path(), module);
      }
    }
    return all;
  }
}
