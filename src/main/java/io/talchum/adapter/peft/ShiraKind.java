package io.talchum.adapter.peft;

import io.talchum.adapter.folder.Matrix;
import java.util.BitSet;
import java.util.List;
import java.util.Set;

/** SHiRA (arXiv:2406.13175): single weights, changed at places that the file names. */
final class ShiraKind {
  static final PeftKind KIND =
      new ModuleKind(
          "SHIRA",
          KindOptions.ofModules(Set.of("r"), Set.of("mask_type", "random_seed", "init_weights"))
              .uncounting(Set.of("r")),
          ShiraKind::begin);

  private ShiraKind() {}

  private static ModuleKind.Reader begin(PeftSource source, List<AdaptedModule> modules) {
    int rank = source.config().whole("r", 32, 1, LoraScale.MAX_RANK);
    return module -> {
      int in = module.in();
      int count = Math.multiplyExact(rank, in + module.out());
      float[] values = source.values(module, "shira_weight", "[r * (inputs + outputs)]", count);
      int[] places =
          source
              .tensors()
              .indices(
                  PeftSource.name(module.path(), "shira_indices"),
                  Math.max(in, module.out()),
                  "[2, r * (inputs + outputs)]",
                  2,
                  count);
      BitSet seen = new BitSet();
      for (int i = 0; i < count; i++) {
        int place = places[i] * in + places[count + i];
        if (places[i] >= module.out() || places[count + i] >= in || seen.get(place)) {
          throw source
              .tensors()
              .refuse(
                  "tensor "
                      + PeftSource.name(module.path(), "shira_indices")
                      + " names row "
                      + places[i]
                      + ", column "
                      + places[count + i]
                      + " twice or outside of the weight");
        }
        seen.set(place);
      }
      return module.dense(() -> sparse(module, places, values));
    };
  }

  private static Matrix sparse(AdaptedModule module, int[] places, float[] values) {
    int in = module.in();
    float[] delta = new float[Math.multiplyExact(module.out(), in)];
    for (int i = 0; i < values.length; i++) {
      delta[places[i] * in + places[values.length + i]] = values[i];
    }
    return new Matrix(module.out(), in, delta);
  }
}
