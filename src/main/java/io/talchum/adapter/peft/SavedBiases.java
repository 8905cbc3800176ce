package io.talchum.adapter.peft;

import io.talchum.adapter.AdapterPrimitive;
import io.talchum.adapter.BaseModule;
import io.talchum.adapter.folder.AdapterConfigFields;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The option {@code bias}: biases that the file holds in place of the base's. {@code all} are those
 * of every linear, {@code lora_only} those of the adapted ones.
 */
final class SavedBiases {
  /** What is saved. */
  enum Mode {
    NONE,
    ADAPTED,
    ALL
  }

  private static final String BIAS = "bias";
  private static final String ADAPTED_BIAS = "base_layer.bias";

  private SavedBiases() {}

  static Mode mode(AdapterConfigFields config) {
    String bias = config.text(BIAS, "none");
    return switch (bias) {
      case "none" -> Mode.NONE;
      case "lora_only" -> Mode.ADAPTED;
      case "all" -> Mode.ALL;
      default ->
          throw AdapterConfigFields.refuse("bias is '" + bias + "'; write none, all or lora_only");
    };
  }

  /**
   * @throws io.talchum.core.ServeException INVALID_ADAPTER if the configuration saves biases in a
   *     kind whose files do not hold them
   */
  static void requireNone(AdapterConfigFields config) {
    String bias = config.text(BIAS, "none");
    if (!bias.equals("none")) {
      throw AdapterConfigFields.refuse(
          "bias is '" + bias + "'; this kind is served with none, PEFT does not save the biases");
    }
  }

  /** Whether a name without its prefix is a bias that may be saved. */
  static boolean owns(String path, Mode mode) {
    return mode == Mode.ALL && path.endsWith("." + BIAS);
  }

  static List<AdapterPrimitive> read(
      PeftSource source, ModuleSelection.Selected selected, Mode mode) {
    List<AdapterPrimitive> primitives = new ArrayList<>();
    if (mode == Mode.NONE) {
      return primitives;
    }
    for (Map.Entry<String, BaseModule> entry : BaseModule.all(source.base().spec()).entrySet()) {
      AdaptedModule module = new AdaptedModule(entry.getValue(), source.base());
      boolean adapted = selected.linears().containsKey(entry.getKey());
      if (module.hasBias() && (adapted || mode == Mode.ALL)) {
        primitives.addAll(delta(source, module, adapted ? ADAPTED_BIAS : BIAS));
      }
    }
    return primitives;
  }

  /** Saved minus base. */
  static List<AdapterPrimitive> delta(PeftSource source, AdaptedModule module, String suffix) {
    float[] delta = source.values(module, suffix, "[outputs]", module.out()).clone();
    float[] bias = module.bias();
    for (int i = 0; i < delta.length; i++) {
      delta[i] -= bias[i];
    }
    return module.biasDelta(delta);
  }
}
