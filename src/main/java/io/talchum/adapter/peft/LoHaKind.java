package io.talchum.adapter.peft;

import io.talchum.adapter.AdapterPrimitive;
import io.talchum.adapter.folder.Matrix;
import io.talchum.adapter.folder.StoredMatrix;
import java.util.List;
import java.util.Set;

/**
 * LoHa (arXiv:2108.06098): (a1 b1) .* (a2 b2) * alpha / r, which is a product of rank r^2 with the
 * rows b1_i .* b2_j and the columns a1_i .* a2_j.
 */
final class LoHaKind {
  static final PeftKind KIND =
      new ModuleKind(
          "LOHA",
          KindOptions.ofModules(
                  Set.of("r", "alpha", "rank_pattern", "alpha_pattern"),
                  Set.of("rank_dropout", "module_dropout", "init_weights", "use_effective_conv2d"))
              .uncounting(Set.of("r", "alpha", "rank_pattern", "alpha_pattern")),
          LoHaKind::begin);

  private LoHaKind() {}

  private static ModuleKind.Reader begin(PeftSource source, List<AdaptedModule> modules) {
    LoraScale scales = LoraScale.read(source, "alpha");
    return module -> read(source, module, scales);
  }

  private static List<AdapterPrimitive> read(
      PeftSource source, AdaptedModule module, LoraScale scales) {
    int rank = scales.rankOf(module.path());
    float scale = scales.scaleOf(module.path());
    source.tensors().count(scale);
    StoredMatrix a1 = source.stored(module, "hada_w1_a", module.out(), rank, "[outputs, r]");
    StoredMatrix b1 = source.stored(module, "hada_w1_b", rank, module.in(), "[r, inputs]");
    StoredMatrix a2 = source.stored(module, "hada_w2_a", module.out(), rank, "[outputs, r]");
    StoredMatrix b2 = source.stored(module, "hada_w2_b", rank, module.in(), "[r, inputs]");
    if (!Cost.cheaperAsLowRank(module, (long) rank * rank)) {
      return module.dense(
          () -> product(a1.read().times(b1.read()), a2.read().times(b2.read()), scale));
    }
    return module.lowRank(
        rank * rank,
        () -> rowPairs(b1.read(), b2.read()),
        () -> columnPairs(a1.read(), a2.read()),
        scale);
  }

  private static Matrix product(Matrix left, Matrix right, float scale) {
    return Matrix.of(
        left.rows(),
        left.columns(),
        (row, i) -> (double) scale * left.at(row, i) * right.at(row, i));
  }

  private static Matrix rowPairs(Matrix one, Matrix two) {
    int rank = one.rows();
    return Matrix.of(
        rank * rank,
        one.columns(),
        (row, i) -> (double) one.at(row / rank, i) * two.at(row % rank, i));
  }

  private static Matrix columnPairs(Matrix one, Matrix two) {
    int rank = one.columns();
    return Matrix.of(
        one.rows(),
        rank * rank,
        (row, i) -> (double) one.at(row, i / rank) * two.at(row, i % rank));
  }
}
