package io.talchum.adapter.peft;

import io.talchum.adapter.folder.AdapterConfigFields;
import io.talchum.adapter.folder.Matrix;
import io.talchum.adapter.folder.StoredMatrix;
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
      StoredMatrix a = source.stored(module, "peanut_A.weight", rank, module.out(), "[r, outputs]");
      StoredMatrix b = source.stored(module, "peanut_B.weight", module.out(), rank, "[outputs, r]");
      return module.lowRank(
          rank,
          AdaptedModule.computed(rank, module.in(), () -> inner(module, a.read())),
          b.values(),
          scale);
    };
  }

  /** relu(A W) */
  private static Matrix inner(AdaptedModule module, Matrix a) {
    int rank = a.rows();
    double[] inner = new double[rank * module.in()];
    module.forEachRow(
        (row, weights) -> {
          for (int k = 0; k < rank; k++) {
            for (int i = 0; i < weights.length; i++) {
              inner[k * weights.length + i] += (double) a.at(k, row) * weights[i];
            }
          }
        });
    return Matrix.of(rank, module.in(), (k, i) -> Math.max(inner[k * module.in() + i], 0));
  }
}
