package io.talchum.adapter.peft;

import io.talchum.adapter.folder.AdapterConfigFields;
import java.util.List;
import java.util.Set;

/**
 * IA3 (arXiv:2205.05638): a factor for each input of a feed-forward module, for each output (bias
 * included) of another.
 */
final class Ia3Kind {
  static final PeftKind KIND =
      new ModuleKind(
          "IA3",
          KindOptions.ofModules(Set.of("feedforward_modules"), Set.of("init_ia3_weights"))
              .uncounting(Set.of("feedforward_modules")),
          Ia3Kind::begin);

  private Ia3Kind() {}

  private static ModuleKind.Reader begin(PeftSource source, List<AdaptedModule> modules) {
    ModuleNames feedforward =
        ModuleNames.read(source.config(), "feedforward_modules", source.budget());
    if (feedforward instanceof ModuleNames.Listed listed) {
      for (String unused : listed.without(modules.stream().map(AdaptedModule::path).toList())) {
        throw AdapterConfigFields.refuse(
            "feedforward_modules names " + unused + ", which target_modules does not select");
      }
    }
    return module -> {
      if (feedforward.contains(module.path())) {
        source.tensors().count("u");
        return module.inputScale(
            source.values(module, "ia3_l", "[1, inputs] of a feed-forward module", 1, module.in()));
      }
      return module.outputScale(
          source.values(
              module,
              "ia3_l",
              "[outputs, 1] of a module that is not in feedforward_modules",
              module.out(),
              1));
    };
  }
}
