package io.talchum.adapter.peft;

import io.talchum.adapter.folder.AdapterConfigFields;
import io.talchum.adapter.folder.Matrix;
import io.talchum.adapter.folder.StoredMatrix;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/** GLoRA (arXiv:2306.07967) on linears without bias: W .* A + B, both low-rank products. */
final class GLoraKind {
  static final PeftKind KIND =
      new ModuleKind(
          "GLORA",
          KindOptions.ofModules(
                  Set.of("r", "config_A_B", "bias"),
                  Set.of("config_C", "config_D_E", "init_weights"))
              .uncounting(Set.of("bias")),
          GLoraKind::begin);

  private GLoraKind() {}

  private static ModuleKind.Reader begin(PeftSource source, List<AdaptedModule> modules) {
    AdapterConfigFields config = source.config();
    SavedBiases.requireNone(config);
    String paths = config.text("config_A_B", "lora");
    if (!paths.equals("lora")) {
      throw AdapterConfigFields.refuse("config_A_B is '" + paths + "'; only lora is served");
    }
    int rank = config.whole("r", 4, 1, LoraScale.MAX_RANK);
    return module -> {
      if (module.hasBias()) {
        throw AdapterConfigFields.refuse(
            "this kind is not served on " + module.path() + ", it has a bias");
      }
      dropZeros(source, module, "glora_C.zeros", module.in(), 1);
      dropZeros(source, module, "glora_D.zeros", module.out());
      dropZeros(source, module, "glora_E.zeros", module.out());
      Supplier<Matrix> factor = product(source, module, "glora_A", rank);
      Supplier<Matrix> added = product(source, module, "glora_B", rank);
      return module.dense(() -> delta(module, factor.get(), added.get().values()));
    };
  }

  private static Matrix delta(AdaptedModule module, Matrix factor, float[] added) {
    float[] delta = factor.values();
    module.forEachRow(
        (row, weights) -> {
          for (int i = 0; i < weights.length; i++) {
            int place = row * weights.length + i;
            delta[place] = delta[place] * weights[i] + added[place];
          }
        });
    return factor;
  }

  private static Supplier<Matrix> product(
      PeftSource source, AdaptedModule module, String name, int rank) {
    StoredMatrix down = source.stored(module, name + ".Xd", module.out(), rank, "[outputs, r]");
    StoredMatrix up = source.stored(module, name + ".Xu", rank, module.in(), "[r, inputs]");
    return () -> down.read().times(up.read());
  }

  /** What PEFT writes where a path is not used. */
  private static void dropZeros(
      PeftSource source, AdaptedModule module, String suffix, long... shape) {
    for (float value : source.values(module, suffix, "zeros", shape)) {
      if (value != 0) {
        throw source
            .tensors()
            .refuse("tensor " + PeftSource.name(module.path(), suffix) + " is not zero");
      }
    }
  }
}
