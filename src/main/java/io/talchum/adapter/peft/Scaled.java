package io.talchum.adapter.peft;

import io.talchum.adapter.AdapterPrimitive;
import java.util.ArrayList;
import java.util.List;

/** Factors of a linear's outputs. */
final class Scaled {
  private Scaled() {}

  /** The outputs with their bias times the factors. */
  static List<AdapterPrimitive> withBias(PeftSource source, AdaptedModule module, float[] g) {
    for (float factor : g) {
      if (!Float.isFinite(factor)) {
        throw source
            .tensors()
            .refuse("the output factors of " + module.path() + " are not finite numbers");
      }
    }
    return module.outputScale(g);
  }

  /** The outputs times the factors, the bias as it is. */
  static List<AdapterPrimitive> withoutBias(PeftSource source, AdaptedModule module, float[] g) {
    List<AdapterPrimitive> primitives = new ArrayList<>(withBias(source, module, g));
    if (module.hasBias()) {
      float[] kept = module.bias();
      for (int i = 0; i < kept.length; i++) {
        kept[i] -= g[i] * kept[i];
      }
      primitives.addAll(module.biasDelta(kept));
    }
    return primitives;
  }
}
