package io.talchum.adapter.peft;

import io.talchum.adapter.folder.AdapterConfigFields;
import io.talchum.adapter.folder.Matrix;
import io.talchum.adapter.folder.StoredMatrix;
import java.util.List;
import java.util.Set;

/**
 * OSF (arXiv:2504.07097): the largest singular values of the base stay, the file has new ones for
 * the rest.
 */
final class OsfKind {
  static final PeftKind KIND =
      new ModuleKind(
          "OSF",
          KindOptions.ofModules(
                  Set.of(), Set.of("effective_rank", "target_svd_config", "init_weights"))
              .refusing(java.util.Map.of("rank_pattern", "this form was not recorded")),
          OsfKind::begin);

  private OsfKind() {}

  private static ModuleKind.Reader begin(PeftSource source, List<AdaptedModule> modules) {
    return module -> {
      int all = Math.min(module.in(), module.out());
      List<Long> shape = source.shape(module, "osf_svd_params.S_low");
      long found = shape.size() == 1 ? shape.getFirst() : 0;
      if (found < 1 || found > all) {
        throw AdapterConfigFields.refuse(
            "the file has " + shape + " singular values for " + module.path() + " of " + all);
      }
      int low = (int) found;
      float[] s = source.values(module, "osf_svd_params.S_low", "[low]", low);
      StoredMatrix u =
          source.stored(module, "osf_svd_params.U_low", module.out(), low, "[outputs, low]");
      StoredMatrix v =
          source.stored(module, "osf_svd_params.V_low", low, module.in(), "[low, inputs]");
      return module.dense(
          () -> delta(module.weight(), u.read().columnsTimes(s).times(v.read()), all - low));
    };
  }

  private static Matrix delta(Matrix base, Matrix after, int high) {
    Decompositions.Product product = Decompositions.largestSingular(base, high);
    Matrix kept = product.left().times(product.right());
    return Matrix.of(
        base.rows(),
        base.columns(),
        (row, i) -> (double) kept.at(row, i) + after.at(row, i) - base.at(row, i));
  }
}
