package io.talchum.adapter.peft;

import io.talchum.adapter.folder.AdapterConfigFields;
import io.talchum.adapter.folder.Matrix;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** PVeRA: VeRA whose first r rows are the mean of a distribution, which is what is served. */
final class PVeraKind {
  static final PeftKind KIND =
      new ModuleKind(
          "PVERA",
          KindOptions.ofModules(
                  Set.of("r", "save_projection", "bias"),
                  Set.of(
                      "projection_prng_key",
                      "generator_seed",
                      "d_initial",
                      "pvera_dropout",
                      "init_weights"))
              .refusing(Map.of("sample_at_inference", "answers would be random"))
              .uncounting(Set.of("bias", "save_projection")),
          PVeraKind::begin);

  private PVeraKind() {}

  private static ModuleKind.Reader begin(PeftSource source, List<AdaptedModule> modules) {
    AdapterConfigFields config = source.config();
    SavedBiases.requireNone(config);
    if (config.has("save_projection") && !config.flag("save_projection")) {
      throw AdapterConfigFields.refuse(
          "save_projection is false; this kind is served with its matrices saved");
    }
    int rank = config.whole("r", 256, 1, LoraScale.MAX_RANK);
    int in = modules.stream().mapToInt(AdaptedModule::in).max().orElseThrow();
    int out = modules.stream().mapToInt(AdaptedModule::out).max().orElseThrow();
    String meaning = "of the largest adapted module";
    Matrix a = source.tensors().matrix("base_model.pvera_A", 2 * rank, in, meaning);
    Matrix b = source.tensors().matrix("base_model.pvera_B", out, rank, meaning);
    return module -> {
      float[] d = source.values(module, "pvera_lambda_d", "[2 r]", 2L * rank);
      float[] lambda = source.values(module, "pvera_lambda_b", "[outputs]", module.out());
      return module.lowRank(
          rank,
          () -> Matrix.of(rank, module.in(), (row, i) -> (double) d[row] * a.at(row, i)),
          () -> b.rows(0, module.out()).rowsTimes(lambda),
          1);
    };
  }
}
