package io.talchum.adapter.peft;

import io.talchum.adapter.AdapterPrimitive;
import io.talchum.adapter.folder.Matrix;
import io.talchum.adapter.folder.StoredMatrix;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/** LoKr (arXiv:2309.14859): the Kronecker product of two matrices, each whole or a product. */
final class LoKrKind {
  static final PeftKind KIND =
      new ModuleKind(
          "LOKR",
          KindOptions.ofModules(
                  Set.of("r", "alpha", "rank_pattern", "alpha_pattern"),
                  Set.of(
                      "decompose_both",
                      "decompose_factor",
                      "rank_dropout",
                      "rank_dropout_scale",
                      "module_dropout",
                      "init_weights",
                      "use_effective_conv2d"))
              .uncounting(Set.of("r", "alpha", "rank_pattern", "alpha_pattern")),
          LoKrKind::begin);

  private LoKrKind() {}

  private static ModuleKind.Reader begin(PeftSource source, List<AdaptedModule> modules) {
    LoraScale scales = LoraScale.read(source, "alpha");
    return module -> read(source, module, scales);
  }

  private static List<AdapterPrimitive> read(
      PeftSource source, AdaptedModule module, LoraScale scales) {
    int rank = scales.rankOf(module.path());
    float scale = scales.scaleOf(module.path());
    source.tensors().count(scale);
    String meaning = "[divides the outputs, divides the inputs]";
    int rows = divisor(source, module, "lokr_w1", 0, module.out());
    int columns = divisor(source, module, "lokr_w1", 1, module.in());
    Supplier<Matrix> left = factor(source, module, "lokr_w1", rank, rows, columns, meaning);
    Supplier<Matrix> right =
        factor(
            source,
            module,
            "lokr_w2",
            rank,
            module.out() / rows,
            module.in() / columns,
            "[outputs / rows of lokr_w1, inputs / columns of lokr_w1]");
    return module.dense(() -> product(left.get(), right.get(), scale));
  }

  private static Matrix product(Matrix left, Matrix right, float scale) {
    return Matrix.of(
        left.rows() * right.rows(),
        left.columns() * right.columns(),
        (row, i) ->
            (double) scale
                * left.at(row / right.rows(), i / right.columns())
                * right.at(row % right.rows(), i % right.columns()));
  }

  /** The file's own choice of how to divide a size; 1 if it does not divide it. */
  private static int divisor(
      PeftSource source, AdaptedModule module, String name, int dimension, int size) {
    String part = source.has(module.path(), name) ? name : name + (dimension == 0 ? "_a" : "_b");
    List<Long> shape = source.shape(module, part);
    long found = shape.size() == 2 ? shape.get(dimension) : 1;
    return found > 0 && found <= size && size % found == 0 ? (int) found : 1;
  }

  private static Supplier<Matrix> factor(
      PeftSource source,
      AdaptedModule module,
      String name,
      int rank,
      int rows,
      int columns,
      String meaning) {
    if (source.has(module.path(), name)) {
      return source.stored(module, name, rows, columns, meaning)::read;
    }
    StoredMatrix a = source.stored(module, name + "_a", rows, rank, meaning);
    StoredMatrix b = source.stored(module, name + "_b", rank, columns, meaning);
    return () -> a.read().times(b.read());
  }
}
