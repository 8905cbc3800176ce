package io.talchum.adapter.peft;

import io.talchum.adapter.folder.AdapterConfigFields;
import io.talchum.adapter.folder.Matrix;
import io.talchum.adapter.folder.StoredValues;
import java.util.List;
import java.util.Set;

/** C3A (arXiv:2407.19342): circulant blocks, row t and column s hold kernel[(s - t) mod n] / in. */
final class C3aKind {
  static final PeftKind KIND =
      new ModuleKind(
          "C3A",
          KindOptions.ofModules(
                  Set.of("block_size", "block_size_pattern", "bias"), Set.of("init_weights"))
              .uncounting(Set.of("bias")),
          C3aKind::begin);

  private static final int MAX_BLOCK = 1 << 16;

  private C3aKind() {}

  private static ModuleKind.Reader begin(PeftSource source, List<AdaptedModule> modules) {
    AdapterConfigFields config = source.config();
    SavedBiases.requireNone(config);
    PatternTable<Integer> sizes =
        source.patterns(
            "block_size_pattern",
            config.whole("block_size", 256, 1, MAX_BLOCK),
            (key, value) -> AdapterConfigFields.whole(key, value, 1, MAX_BLOCK));
    return module -> {
      int n = sizes.of(module.path());
      int ins = module.in() / n;
      if (module.in() % n != 0 || module.out() % n != 0) {
        throw AdapterConfigFields.refuse(
            "block_size " + n + " does not divide the sizes of " + module.path());
      }
      StoredValues kernel =
          source.stored(
              module,
              "c3a_kernel",
              "[outputs / block_size, inputs / block_size, block_size]",
              module.out() / n,
              ins,
              n);
      return module.dense(() -> circulant(module, kernel.toArray(), n));
    };
  }

  private static Matrix circulant(AdaptedModule module, float[] kernel, int n) {
    int ins = module.in() / n;
    return Matrix.of(
        module.out(),
        module.in(),
        (row, i) ->
            (double) kernel[(row / n * ins + i / n) * n + Math.floorMod(i % n - row % n, n)]
                / module.in());
  }
}
