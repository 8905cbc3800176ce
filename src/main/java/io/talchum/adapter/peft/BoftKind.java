package io.talchum.adapter.peft;

import io.talchum.adapter.AdapterPrimitive;
import io.talchum.adapter.folder.AdapterConfigFields;
import io.talchum.adapter.folder.Matrix;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * BOFT (arXiv:2311.06243) with one butterfly factor: blocks of the input rotated, outputs scaled,
 * the bias as it is.
 */
final class BoftKind {
  static final PeftKind KIND =
      new ModuleKind(
          "BOFT",
          KindOptions.ofModules(
                  Set.of("boft_block_size", "boft_block_num", "boft_n_butterfly_factor", "bias"),
                  Set.of("boft_dropout", "init_weights"))
              .uncounting(Set.of("bias", "boft_block_size", "boft_block_num")),
          BoftKind::begin);

  private static final int MAX_BLOCK = 1024;

  private BoftKind() {}

  private static ModuleKind.Reader begin(PeftSource source, List<AdaptedModule> modules) {
    AdapterConfigFields config = source.config();
    SavedBiases.requireNone(config);
    int factors = config.whole("boft_n_butterfly_factor", 1, 0, 100);
    if (factors != 1) {
      throw AdapterConfigFields.refuse(
          "boft_n_butterfly_factor is " + factors + "; only 1 is served");
    }
    int size = config.whole("boft_block_size", 4, 0, MAX_BLOCK);
    int number = config.whole("boft_block_num", 0, 0, Integer.MAX_VALUE);
    return module -> {
      int n = blockSize(module, size, number);
      int blocks = module.in() / n;
      float[] stored = source.values(module, "boft_R", "[1, blocks, size, size]", 1, blocks, n, n);
      float[] scale = source.values(module, "boft_s", "[outputs, 1]", module.out(), 1);
      List<Matrix> rotations = new ArrayList<>();
      for (int block = 0; block < blocks; block++) {
        int from = block * n * n;
        rotations.add(
            Decompositions.cayley(
                Matrix.of(
                    n,
                    n,
                    (row, i) -> 0.5 * (stored[from + row * n + i] - stored[from + i * n + row]))));
      }
      List<AdapterPrimitive> primitives = new ArrayList<>(Rotations.delta(module, rotations));
      primitives.addAll(Scaled.withoutBias(source, module, scale));
      return primitives;
    };
  }

  /** Either the size of the blocks or their number is given, the other is 0. */
  private static int blockSize(AdaptedModule module, int size, int number) {
    int n = size > 0 || number == 0 ? size : module.in() / number;
    if (n == 0 || n > MAX_BLOCK || module.in() % n != 0) {
      throw AdapterConfigFields.refuse(
          "boft_block_size "
              + size
              + " and boft_block_num "
              + number
              + " do not divide the inputs of "
              + module.path());
    }
    return n;
  }
}
