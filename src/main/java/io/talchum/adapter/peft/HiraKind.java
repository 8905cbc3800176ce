package io.talchum.adapter.peft;

import io.talchum.adapter.folder.Matrix;
import io.talchum.adapter.folder.StoredMatrix;
import java.util.List;
import java.util.Set;

/** HiRA: the base's weight times B A, entry by entry. */
final class HiraKind {
  static final PeftKind KIND =
      new ModuleKind(
          "HIRA",
          KindOptions.ofModules(Set.of("r", "rank_pattern"), Set.of("hira_dropout", "init_weights"))
              .uncounting(Set.of("r", "rank_pattern")),
          HiraKind::begin);

  private HiraKind() {}

  private static ModuleKind.Reader begin(PeftSource source, List<AdaptedModule> modules) {
    PatternTable<Integer> ranks = LoraScale.ranks(source);
    return module -> {
      int rank = ranks.of(module.path());
      StoredMatrix a = source.stored(module, "hira_A", rank, module.in(), "[r, inputs]");
      StoredMatrix b = source.stored(module, "hira_B", module.out(), rank, "[outputs, r]");
      return module.dense(() -> timesBase(module, b.read().times(a.read())));
    };
  }

  private static Matrix timesBase(AdaptedModule module, Matrix delta) {
    module.forEachRow(
        (row, weights) -> {
          for (int i = 0; i < weights.length; i++) {
            delta.values()[row * weights.length + i] *= weights[i];
          }
        });
    return delta;
  }
}
