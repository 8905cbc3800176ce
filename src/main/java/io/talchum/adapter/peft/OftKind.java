package io.talchum.adapter.peft;

import io.talchum.adapter.folder.AdapterConfigFields;
import io.talchum.adapter.folder.Matrix;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * OFT (arXiv:2306.07280): blocks of the input rotated by Cayley's transform of skew-symmetric
 * matrices, or by the first terms of its Neumann series.
 */
final class OftKind {
  static final PeftKind KIND =
      new ModuleKind(
          "OFT",
          KindOptions.ofModules(
                  Set.of(
                      "r",
                      "oft_block_size",
                      "block_share",
                      "use_cayley_neumann",
                      "num_cayley_neumann_terms",
                      "bias"),
                  Set.of("eps", "module_dropout", "init_weights"))
              .refusing(java.util.Map.of("coft", "the constrained form is not served"))
              .uncounting(Set.of("bias")),
          OftKind::begin);

  private static final int MAX_BLOCK = 1024;

  private OftKind() {}

  private record Settings(int blockSize, int blocks, boolean shared, boolean neumann, int terms) {}

  private static ModuleKind.Reader begin(PeftSource source, List<AdaptedModule> modules) {
    AdapterConfigFields config = source.config();
    SavedBiases.requireNone(config);
    Settings settings =
        new Settings(
            config.whole("oft_block_size", 32, 0, MAX_BLOCK),
            config.whole("r", 0, 0, Integer.MAX_VALUE),
            config.flag("block_share"),
            !config.has("use_cayley_neumann") || config.flag("use_cayley_neumann"),
            config.whole("num_cayley_neumann_terms", 5, 1, 100));
    return module -> {
      int n = blockSize(settings, module);
      int blocks = settings.shared() ? 1 : module.in() / n;
      int entries = n * (n - 1) / 2;
      Matrix stored =
          source.matrix(module, "oft_R.weight", blocks, entries, "[blocks, n (n - 1) / 2]");
      List<Matrix> rotations = new ArrayList<>();
      for (int block = 0; block < blocks; block++) {
        Matrix q = skew(stored.row(block), n);
        rotations.add(settings.neumann() ? neumann(q, settings.terms()) : Decompositions.cayley(q));
      }
      return Rotations.delta(module, rotations);
    };
  }

  /** Either the size of the blocks or their number is given, the other is 0. */
  private static int blockSize(Settings settings, AdaptedModule module) {
    int size = settings.blockSize();
    if (size == 0 && settings.blocks() > 0) {
      size = module.in() % settings.blocks() == 0 ? module.in() / settings.blocks() : 0;
    }
    if (size == 0 || size > MAX_BLOCK || module.in() % size != 0) {
      throw AdapterConfigFields.refuse(
          "oft_block_size "
              + settings.blockSize()
              + " and r "
              + settings.blocks()
              + " do not divide the "
              + module.in()
              + " inputs of "
              + module.path()
              + " into blocks of at most "
              + MAX_BLOCK);
    }
    return size;
  }

  /** From the entries above the diagonal, row by row. */
  private static Matrix skew(float[] upper, int n) {
    float[] values = new float[n * n];
    int next = 0;
    for (int row = 0; row < n; row++) {
      for (int column = row + 1; column < n; column++) {
        values[row * n + column] = upper[next];
        values[column * n + row] = -upper[next++];
      }
    }
    return new Matrix(n, n, values);
  }

  /** I + 2Q + 2Q^2 + ... + 2Q^(k-2) + Q^(k-1). */
  private static Matrix neumann(Matrix q, int terms) {
    int n = q.rows();
    float[] sum = new float[n * n];
    for (int i = 0; i < n; i++) {
      sum[i * n + i] = 1;
    }
    Matrix power = q;
    for (int term = 1; term < terms; term++) {
      float factor = term == terms - 1 && terms > 2 ? 1 : 2;
      for (int i = 0; i < sum.length; i++) {
        sum[i] += factor * power.values()[i];
      }
      power = power.times(q);
    }
    return new Matrix(n, n, sum);
  }
}
