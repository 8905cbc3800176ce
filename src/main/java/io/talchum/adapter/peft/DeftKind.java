package io.talchum.adapter.peft;

import io.talchum.adapter.folder.AdapterConfigFields;
import io.talchum.adapter.folder.Matrix;
import io.talchum.adapter.folder.StoredMatrix;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * DEFT: the weight less its part in a projected space, and something in its place: P (scale R -
 * relu(P)^T W), of rank r.
 */
final class DeftKind {
  static final PeftKind KIND =
      new ModuleKind(
          "DEFT",
          KindOptions.ofModules(
                  Set.of("r", "alpha", "decomposition_method", "bias"),
                  Set.of("deft_dropout", "init_scale", "init_weights"))
              .refusing(Map.of("para", "this form was not recorded"))
              .uncounting(Set.of("bias")),
          DeftKind::begin);

  private DeftKind() {}

  private static ModuleKind.Reader begin(PeftSource source, List<AdaptedModule> modules) {
    AdapterConfigFields config = source.config();
    SavedBiases.requireNone(config);
    String method = config.text("decomposition_method", "relu");
    if (!method.equals("relu")) {
      throw AdapterConfigFields.refuse(
          "decomposition_method is '" + method + "'; only relu is served");
    }
    int rank = LoraScale.rank(config);
    double alpha = config.has("alpha") ? config.number("alpha", 0) : 0;
    return module -> {
      int r = Math.min(rank, module.out());
      double scale = alpha == 0 ? 1 : alpha / r;
      StoredMatrix p = source.stored(module, "deft_P", module.out(), r, "[outputs, r]");
      StoredMatrix rows = source.stored(module, "deft_R", r, module.in(), "[r, inputs]");
      return module.lowRank(
          r,
          AdaptedModule.computed(
              r, module.in(), () -> replacing(module, p.read(), rows.read(), scale)),
          p.values(),
          1);
    };
  }

  /** scale R - relu(P)^T W */
  private static Matrix replacing(AdaptedModule module, Matrix p, Matrix rows, double scale) {
    int r = rows.rows();
    double[] projected = new double[r * module.in()];
    module.forEachRow(
        (row, weights) -> {
          for (int k = 0; k < r; k++) {
            double factor = Math.max(p.at(row, k), 0);
            for (int i = 0; i < weights.length; i++) {
              projected[k * weights.length + i] += factor * weights[i];
            }
          }
        });
    return Matrix.of(
        r, module.in(), (k, i) -> scale * rows.at(k, i) - projected[k * module.in() + i]);
  }
}
