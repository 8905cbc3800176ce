package io.talchum.adapter.peft;

import com.fasterxml.jackson.databind.JsonNode;
import io.talchum.adapter.AdapterPrimitive;
import io.talchum.adapter.Invocation;
import io.talchum.adapter.folder.AdapterConfigFields;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** LoRA (arXiv:2106.09685) with its options. */
final class LoraKind implements PeftKind {
  private static final Set<String> HONOURED =
      Set.of(
          "r",
          "lora_alpha",
          "use_rslora",
          "rank_pattern",
          "alpha_pattern",
          "bias",
          "lora_bias",
          "init_lora_weights",
          "use_dora",
          "use_qalora",
          "qalora_group_size",
          "alora_invocation_tokens",
          "target_parameters",
          "trainable_token_indices",
          "ensure_weight_tying");

  private static final Set<String> HARMLESS =
      Set.of(
          "lora_dropout",
          "megatron_core",
          "runtime_config",
          "eva_config",
          "corda_config",
          "lora_ga_config");

  static final Map<String, String> REFUSED =
      Map.of(
          "layer_replication", "the depth of the base cannot be changed",
          "use_bdlora", "block-diagonal LoRA is not served",
          "loftq_config", "a base that was quantized by LoftQ cannot be rebuilt",
          "megatron_config", "Megatron's parallel layers are not served",
          "arrow_config", "routing between adapters is not served",
          "kasa_config", "KaSA is not served",
          "monteclora_config", "MonteCLoRA is not served",
          "velora_config", "VeLoRA is not served");

  /** The ones that the tensors' shapes and the scale of each module do not tell. */
  private static final Set<String> COUNTED =
      Set.of("use_qalora", "alora_invocation_tokens", "trainable_token_indices");

  private static final int MAX_INVOCATION_TOKENS = 1024;

  @Override
  public String type() {
    return "LORA";
  }

  @Override
  public KindOptions options() {
    Set<String> uncounted = new LinkedHashSet<>(HONOURED);
    uncounted.removeAll(COUNTED);
    return KindOptions.ofModules(HONOURED, HARMLESS).refusing(REFUSED).uncounting(uncounted);
  }

  @Override
  public List<AdapterPrimitive> read(PeftSource source) {
    ModuleSelection.Selected selected =
        tied(
            source,
            ModuleSelection.read(source.config(), targets(source), source.budget())
                .select(source.base().spec()));
    SavedBiases.Mode biases = SavedBiases.mode(source.config());
    SavedModules saved = SavedModules.read(source, selected);
    TrainedTokens tokens = TrainedTokens.besideLora(source);
    Owners.require(
        source,
        path ->
            selected.owns(path)
                || saved.owns(path)
                || tokens.owns(path)
                || SavedBiases.owns(path, biases));
    LoraScale scale = LoraScale.read(source, "lora_alpha");
    LoraModule reader = LoraModule.begin(source, scale);
    List<AdapterPrimitive> primitives = new ArrayList<>();
    source.modules(selected).forEach(module -> primitives.addAll(reader.read(module)));
    primitives.addAll(new LoraTables(source, scale).read(selected));
    primitives.addAll(SavedBiases.read(source, selected, biases));
    primitives.addAll(tokens.primitives(source));
    primitives.addAll(saved.primitives(source));
    invocation(source, primitives);
    return primitives;
  }

  /** With {@code ensure_weight_tying} PEFT adapts the tied half too; the file holds both. */
  private static ModuleSelection.Selected tied(
      PeftSource source, ModuleSelection.Selected selected) {
    boolean both = source.config().flag("ensure_weight_tying") && source.base().spec().tiedHead();
    if (both && !AdapterConfigFields.isOff(source.config().get("modules_to_save"))) {
      throw AdapterConfigFields.refuse(
          "ensure_weight_tying is not served together with modules_to_save");
    }
    return both && (selected.embedding() || selected.head())
        ? new ModuleSelection.Selected(selected.linears(), true, true)
        : selected;
  }

  /** {@code target_parameters} name weights of modules; PEFT adapts them like the modules. */
  private static ModuleNames targets(PeftSource source) {
    ModuleNames targets = ModuleNames.read(source.config(), "target_modules", source.budget());
    List<String> parameters = source.config().texts("target_parameters");
    if (parameters.isEmpty()) {
      return targets;
    }
    if (!(targets instanceof ModuleNames.Listed listed)) {
      throw AdapterConfigFields.refuse(
          "target_parameters is served with a list of target_modules only");
    }
    Set<String> names = new LinkedHashSet<>(listed.names());
    for (String parameter : parameters) {
      if (!parameter.endsWith(".weight")) {
        throw AdapterConfigFields.refuse(
            "target_parameters names " + parameter + "; only the weights of linears are served");
      }
      names.add(parameter.substring(0, parameter.length() - ".weight".length()));
    }
    return new ModuleNames.Listed(names);
  }

  private static void invocation(PeftSource source, List<AdapterPrimitive> primitives) {
    String key = "alora_invocation_tokens";
    JsonNode tokens = source.config().get(key);
    if (AdapterConfigFields.isOff(tokens)) {
      return;
    }
    if (!tokens.isArray() || tokens.size() > MAX_INVOCATION_TOKENS) {
      throw AdapterConfigFields.refuse(
          key
              + " is "
              + AdapterConfigFields.show(tokens)
              + ", write a list of 1 to 1024 token ids");
    }
    int[] ids = new int[tokens.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] =
          AdapterConfigFields.whole(key, tokens.get(i), 0, source.base().spec().vocabSize() - 1);
    }
    primitives.add(new Invocation(ids));
  }
}
