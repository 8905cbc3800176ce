package io.talchum.adapter.peft;

import java.util.List;
import java.util.Set;

/** BEFT: a bias added to the outputs of the selected modules. */
final class BeftKind {
  static final PeftKind KIND =
      new ModuleKind(
          "BEFT", KindOptions.ofModules(Set.of(), Set.of("init_weights")), BeftKind::begin);

  private BeftKind() {}

  private static ModuleKind.Reader begin(PeftSource source, List<AdaptedModule> modules) {
    return module ->
        module.biasDelta(source.values(module, "beft_bias", "[1, outputs]", 1, module.out()));
  }
}
