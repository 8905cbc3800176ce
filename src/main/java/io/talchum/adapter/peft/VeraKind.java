package io.talchum.adapter.peft;

import io.talchum.adapter.folder.AdapterConfigFields;
import io.talchum.adapter.folder.Matrix;
import java.util.List;
import java.util.Set;

/** VeRA (arXiv:2310.11454): D = (b * B[:out]) (d * A[:, :in]), with A and B of all modules. */
final class VeraKind {
  static final PeftKind KIND =
      new ModuleKind(
          "VERA",
          KindOptions.ofModules(
                  Set.of("r", "save_projection", "projection_prng_key", "bias"),
                  Set.of("vera_dropout", "d_initial", "init_weights"))
              .uncounting(Set.of("bias")),
          VeraKind::begin);

  private VeraKind() {}

  private static ModuleKind.Reader begin(PeftSource source, List<AdaptedModule> modules) {
    AdapterConfigFields config = source.config();
    SavedBiases.requireNone(config);
    int rank = config.whole("r", 256, 1, LoraScale.MAX_RANK);
    int in = modules.stream().mapToInt(AdaptedModule::in).max().orElseThrow();
    int out = modules.stream().mapToInt(AdaptedModule::out).max().orElseThrow();
    boolean saved = !config.has("save_projection") || config.flag("save_projection");
    TorchGenerator drawn =
        new TorchGenerator(config.whole("projection_prng_key", 0, 0, Integer.MAX_VALUE));
    Matrix a = saved ? shared(source, "vera_A", rank, in) : drawn(drawn, rank, in);
    Matrix b = saved ? shared(source, "vera_B", out, rank) : drawn(drawn, out, rank);
    return module -> {
      float[] d = source.values(module, "vera_lambda_d", "[r]", rank);
      float[] lambda = source.values(module, "vera_lambda_b", "[outputs]", module.out());
      return module.lowRank(
          rank,
          () -> Matrix.of(rank, module.in(), (row, i) -> (double) d[row] * a.at(row, i)),
          () -> b.rows(0, module.out()).rowsTimes(lambda),
          1);
    };
  }

  private static Matrix shared(PeftSource source, String name, int rows, int columns) {
    return source
        .tensors()
        .matrix("base_model." + name, rows, columns, "of the largest adapted module");
  }

  /** Kaiming's uniform distribution with a gain of sqrt(2). */
  private static Matrix drawn(TorchGenerator generator, int rows, int columns) {
    double bound = Math.sqrt(3.0) * Math.sqrt(2.0) / Math.sqrt(columns);
    return new Matrix(
        rows, columns, generator.uniform(Math.multiplyExact(rows, columns), -bound, bound));
  }
}
