package io.talchum.adapter.peft;

import io.talchum.adapter.AdapterPrimitive;
import io.talchum.adapter.folder.Matrix;
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
    Matrix a1 = source.matrix(module, "hada_w1_a", module.out(), rank, "[outputs, r]");
    Matrix b1 = source.matrix(module, "hada_w1_b", rank, module.in(), "[r, inputs]");
    Matrix a2 = source.matrix(module, "hada_w2_a", module.out(), rank, "[outputs, r]");
    Matrix b2 = source.matrix(module, "hada_w2_b", rank, module.in(), "[r, inputs]");
    if (!Cost.cheaperAsLowRank(module, (long) rank * rank)) {
      Matrix left = a1.times(b1);
      Matrix right = a2.times(b2);
      return module.dense(
          Matrix.of(
              module.out(),
              module.in(),
              (row, i) -> (double) scale * left.at(row, i) * right.at(row, i)));
    }
    return module.lowRank(
        Matrix.of(
            rank * rank,
            module.in(),
            (row, i) -> (double) b1.at(row / rank, i) * b2.at(row % rank, i)),
        Matrix.of(
            module.out(),
            rank * rank,
            (row, i) -> (double) a1.at(row, i / rank) * a2.at(row, i % rank)),
        scale);
  }
}
