package io.talchum.adapter.peft;

import io.talchum.adapter.folder.AdapterConfigFields;
import io.talchum.adapter.folder.Matrix;
import io.talchum.adapter.folder.StoredValues;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/** RandLoRA (arXiv:2502.00987): scaled sums of fixed random matrices, of full rank together. */
final class RandLoraKind {
  static final PeftKind KIND =
      new ModuleKind(
          "RANDLORA",
          KindOptions.ofModules(
                  Set.of("r", "randlora_alpha", "save_projection", "bias"),
                  Set.of(
                      "randlora_dropout",
                      "projection_prng_key",
                      "sparse",
                      "very_sparse",
                      "init_weights"))
              .uncounting(Set.of("bias", "save_projection")),
          RandLoraKind::begin);

  private RandLoraKind() {}

  /**
   * @param a [r, 1, width], width the smaller size of the largest module
   * @param b [length, bases, r]
   */
  private record Shared(int rank, int width, int length, int bases, float[] a, float[] b) {}

  private static ModuleKind.Reader begin(PeftSource source, List<AdaptedModule> modules) {
    AdapterConfigFields config = source.config();
    SavedBiases.requireNone(config);
    if (config.has("save_projection") && !config.flag("save_projection")) {
      throw AdapterConfigFields.refuse(
          "save_projection is false; this kind is served with its matrices saved");
    }
    int rank = config.whole("r", 32, 1, LoraScale.MAX_RANK);
    float scale = (float) (config.number("randlora_alpha", 640) / rank);
    Shared shared = shared(source, modules, rank);
    return module -> {
      dropCopies(source, module, shared);
      int low = Math.min(module.in(), module.out());
      int high = Math.max(module.in(), module.out());
      int bases = (low + rank - 1) / rank;
      Matrix lambda = source.matrix(module, "randlora_lambda", rank, bases, "[r, bases]");
      Matrix gamma = source.matrix(module, "randlora_gamma", bases, low, "[bases, smaller size]");
      Supplier<Matrix> a =
          () ->
              Matrix.of(
                  rank * bases,
                  low,
                  (row, i) ->
                      (double) shared.a()[row / bases * shared.width() + i]
                          * lambda.at(row / bases, row % bases)
                          * gamma.at(row % bases, i));
      Supplier<Matrix> b =
          () ->
              Matrix.of(
                  high,
                  bases * rank,
                  (row, i) -> shared.b()[(row * shared.bases() + i / rank) * rank + i % rank]);
      return low == module.in()
          ? module.lowRank(rank * bases, a, b, scale)
          : module.lowRank(
              rank * bases, () -> b.get().transposed(), () -> a.get().transposed(), scale);
    };
  }

  private static Shared shared(PeftSource source, List<AdaptedModule> modules, int rank) {
    int in = modules.stream().mapToInt(AdaptedModule::in).max().orElseThrow();
    int out = modules.stream().mapToInt(AdaptedModule::out).max().orElseThrow();
    int width = Math.min(in, out);
    int length = Math.max(in, out);
    int bases = (width + rank - 1) / rank;
    String meaning = "of the largest adapted module";
    float[] a = source.tensors().values("base_model.randlora_A", meaning, rank, 1, width);
    float[] b = source.tensors().values("base_model.randlora_B", meaning, length, bases, rank);
    return new Shared(rank, width, length, bases, a, b);
  }

  /** PEFT saves the shared matrices once more with every module. */
  private static void dropCopies(PeftSource source, AdaptedModule module, Shared shared) {
    if (source.has(module.path(), "randlora_A")) {
      requireSame(
          source,
          source.stored(
              module, "randlora_A", "as base_model.randlora_A", shared.rank(), 1, shared.width()),
          shared.a(),
          module.path() + ".randlora_A");
    }
    if (source.has(module.path(), "randlora_B")) {
      requireSame(
          source,
          source.stored(
              module,
              "randlora_B",
              "as base_model.randlora_B",
              shared.length(),
              shared.bases(),
              shared.rank()),
          shared.b(),
          module.path() + ".randlora_B");
    }
  }

  private static void requireSame(
      PeftSource source, StoredValues copy, float[] shared, String name) {
    if (!Arrays.equals(copy.toArray(), shared)) {
      throw source.tensors().refuse("tensor " + name + " differs from the one of all modules");
    }
  }
}
