package io.talchum.adapter.peft;

import io.talchum.adapter.folder.AdapterConfigFields;
import io.talchum.adapter.folder.Matrix;
import java.util.List;
import java.util.Set;

/** PEANuT (arXiv:2410.01870) without inner layers: scale B act(A W), of rank r. */
final class PeanutKind {
  static final PeftKind KIND =
      new ModuleKind(
          "PEANUT",
          KindOptions.ofModules(Set.of("r", "scaling", "act_fn", "depth"), Set.of("init_weights")),
          PeanutKind::begin);

  private PeanutKind() {}

  private static ModuleKind.Reader begin(PeftSource source, List<AdaptedModule> modules) {
    AdapterConfigFields config = source.config();
    String activation = config.text("act_fn", "relu");
    if (!activation.equals("relu") || config.whole("depth", 0, 0, 1000) != 0) {
      throw AdapterConfigFields.refuse(
          "act_fn is '"
              + activation
              + "' and depth "
              + config.get("depth")
              + "; only relu and 0 are served");
    }
    int rank = config.whole("r", 32, 1, LoraScale.MAX_RANK);
    float scale = (float) config.number("scaling", 1);
    return module -> {
      Matrix a = source.matrix(module, "peanut_A.weight", rank, module.out(), "[r, outputs]");
      Matrix b = source.matrix(module, "peanut_B.weight", module.out(), rank, "[outputs, r]");
      double[] inner = new double[rank * module.in()];
      module.forEachRow(
          (row, weights) -> {
            for (int k = 0; k < rank; k++) {
              for (int i = 0; i < weights.length; i++) {
                inner[k * weights.length + i] += (double) a.at(k, row) * weights[i];
              }
            }
          });
      return module.lowRank(
          Matrix.of(rank, module.in(), (k, i) -> Math.max(inner[k * module.in() + i], 0)),
          b,
          scale);
    };
  }
}
