package io.talchum.adapter.peft;

import io.talchum.adapter.folder.AdapterConfigFields;
import io.talchum.adapter.folder.Matrix;
import io.talchum.adapter.folder.StoredValues;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * GraLoRA (arXiv:2505.20355): the weight in k x k blocks, each with a product of rank r / k of its
 * own; together of rank k r.
 */
final class GraLoraKind {
  static final PeftKind KIND =
      new ModuleKind(
          "GRALORA",
          KindOptions.ofModules(
                  Set.of("r", "alpha", "gralora_k", "hybrid_r", "bias"),
                  Set.of("gralora_dropout", "init_weights"))
              .uncounting(Set.of("bias")),
          GraLoraKind::begin);

  private GraLoraKind() {}

  private static ModuleKind.Reader begin(PeftSource source, List<AdaptedModule> modules) {
    AdapterConfigFields config = source.config();
    SavedBiases.requireNone(config);
    int rank = config.whole("r", 32, 1, LoraScale.MAX_RANK);
    int blocks = config.whole("gralora_k", 2, 1, LoraScale.MAX_RANK);
    if (config.whole("hybrid_r", 0, 0, LoraScale.MAX_RANK) != 0) {
      throw AdapterConfigFields.refuse(
          "hybrid_r is " + config.get("hybrid_r") + "; only 0 is served");
    }
    if (rank % blocks != 0) {
      throw AdapterConfigFields.refuse("gralora_k " + blocks + " does not divide r " + rank);
    }
    float scale = (float) (config.number("alpha", 64) / rank);
    return module -> {
      if (module.in() % blocks != 0 || module.out() % blocks != 0) {
        throw AdapterConfigFields.refuse(
            "gralora_k " + blocks + " does not divide the sizes of " + module.path());
      }
      int ins = module.in() / blocks;
      int outs = module.out() / blocks;
      int each = rank / blocks;
      StoredValues a = source.stored(module, "gralora_A", "[k, inputs / k, r]", blocks, ins, rank);
      StoredValues b =
          source.stored(module, "gralora_B", "[k, r, outputs / k]", blocks, rank, outs);
      // row (n, j, q) joins the inputs of block n with the outputs of block j
      int all = blocks * rank;
      Supplier<Matrix> left = () -> left(a.toArray(), all, module.in(), rank, ins);
      Supplier<Matrix> right = () -> right(b.toArray(), module.out(), all, rank, each, outs);
      return Cost.cheaperAsLowRank(module, all)
          ? module.lowRank(all, left, right, scale)
          : module.dense(() -> right.get().times(left.get()).times((double) scale));
    };
  }

  private static Matrix left(float[] a, int all, int in, int rank, int ins) {
    return Matrix.of(all, in, (row, i) -> i / ins == row / rank ? a[i * rank + row % rank] : 0);
  }

  private static Matrix right(float[] b, int out, int all, int rank, int each, int outs) {
    return Matrix.of(
        out,
        all,
        (row, k) -> {
          int j = k % rank / each;
          int column = k / rank * each + k % each;
          return row / outs == j ? b[(j * rank + column) * outs + row % outs] : 0;
        });
  }
}
