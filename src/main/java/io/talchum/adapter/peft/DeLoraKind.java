package io.talchum.adapter.peft;

import io.talchum.adapter.folder.Matrix;
import io.talchum.adapter.folder.StoredMatrix;
import java.util.List;
import java.util.Set;

/**
 * DeLoRA (arXiv:2503.18225): B diag(lambda / r / (|A_i| |B_i|)) (A * w_norm), w_norm saved beside
 * it.
 */
final class DeLoraKind {
  static final PeftKind KIND =
      new ModuleKind(
          "DELORA",
          KindOptions.ofModules(
                  Set.of("r", "rank_pattern", "bias"),
                  Set.of("delora_lambda", "lambda_pattern", "module_dropout", "init_weights"))
              .uncounting(Set.of("r", "rank_pattern", "bias")),
          DeLoraKind::begin);

  private static final double SHORTEST = 1e-4;

  private DeLoraKind() {}

  private static ModuleKind.Reader begin(PeftSource source, List<AdaptedModule> modules) {
    SavedBiases.requireNone(source.config());
    PatternTable<Integer> ranks = LoraScale.ranks(source);
    return module -> {
      int rank = ranks.of(module.path());
      StoredMatrix a = source.stored(module, "delora_A", rank, module.in(), "[r, inputs]");
      StoredMatrix b = source.stored(module, "delora_B", module.out(), rank, "[outputs, r]");
      float lambda = source.values(module, "delora_lambda", "[1]", 1)[0];
      float[] norms = source.values(module, "delora_w_norm", "[inputs]", module.in());
      return module.lowRank(
          rank,
          () -> a.read().columnsTimes(norms),
          () -> normalized(a.read(), b.read(), lambda),
          1);
    };
  }

  private static Matrix normalized(Matrix a, Matrix b, float lambda) {
    int rank = a.rows();
    double[] lengths = new double[rank];
    Matrix columns = b.transposed();
    for (int i = 0; i < rank; i++) {
      lengths[i] =
          Math.max(length(a.row(i)), SHORTEST) * Math.max(length(columns.row(i)), SHORTEST);
    }
    return Matrix.of(
        b.rows(), rank, (row, i) -> b.at(row, i) * (double) lambda / rank / lengths[i]);
  }

  private static double length(float[] vector) {
    double sum = 0;
    for (float value : vector) {
      sum += (double) value * value;
    }
    return Math.sqrt(sum);
  }
}
