package io.talchum.adapter.peft;

import io.talchum.adapter.folder.Matrix;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Super tuning: single weights, changed at places that the file counts along the rows. */
final class SuperTuningKind {
  static final PeftKind KIND =
      new ModuleKind(
          "SUPERTUNING",
          KindOptions.ofModules(
                  Set.of("save_precomputed_indices"),
                  Set.of("sparsity", "select_top", "lora_dropout", "init_weights"))
              .refusing(
                  Map.of(
                      "r", "its additional LoRA was not recorded",
                      "lora_alpha", "its additional LoRA was not recorded")),
          SuperTuningKind::begin);

  private SuperTuningKind() {}

  private static ModuleKind.Reader begin(PeftSource source, List<AdaptedModule> modules) {
    return module -> {
      int size = Math.multiplyExact(module.out(), module.in());
      List<Long> shape = source.shape(module, "supertuning_values");
      long count = shape.size() == 1 ? Math.min(shape.getFirst(), size) : 1;
      float[] values = source.values(module, "supertuning_values", "[changed weights]", count);
      int[] places =
          source
              .tensors()
              .indices(
                  PeftSource.name(module.path(), "supertuning_indices"),
                  size,
                  "[changed weights]",
                  count);
      return module.dense(() -> sparse(module, places, values));
    };
  }

  private static Matrix sparse(AdaptedModule module, int[] places, float[] values) {
    float[] delta = new float[Math.multiplyExact(module.out(), module.in())];
    for (int i = 0; i < places.length; i++) {
      delta[places[i]] += values[i];
    }
    return new Matrix(module.out(), module.in(), delta);
  }
}
