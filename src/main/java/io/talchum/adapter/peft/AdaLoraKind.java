package io.talchum.adapter.peft;

import com.fasterxml.jackson.databind.JsonNode;
import io.talchum.adapter.AdapterPrimitive;
import io.talchum.adapter.folder.AdapterConfigFields;
import io.talchum.adapter.folder.Matrix;
import io.talchum.adapter.folder.StoredMatrix;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** AdaLoRA (arXiv:2303.10512): D = B diag(E) A * alpha / (init_r + 1e-5), ranks already cut. */
final class AdaLoraKind implements PeftKind {
  private static final Set<String> HARMLESS =
      Set.of(
          "r",
          "target_r",
          "beta1",
          "beta2",
          "deltaT",
          "tinit",
          "tfinal",
          "total_step",
          "orth_reg_weight",
          "lora_dropout",
          "megatron_core",
          "qalora_group_size",
          "runtime_config",
          "eva_config",
          "corda_config",
          "lora_ga_config");

  private static final Map<String, String> REFUSED =
      Map.of(
          "use_dora", "PEFT has no DoRA of this kind",
          "use_rslora", "PEFT does not apply it to this kind",
          "use_qalora", "PEFT has no QA-LoRA of this kind",
          "lora_bias", "PEFT has no bias of lora_B in this kind",
          "alpha_pattern", "PEFT does not apply it to this kind",
          "target_parameters", "name the modules in target_modules instead",
          "trainable_token_indices", "PEFT does not train tokens with this kind",
          "alora_invocation_tokens", "PEFT does not apply it to this kind");

  private static final String RANKS = "rank_pattern";

  @Override
  public String type() {
    return "ADALORA";
  }

  @Override
  public KindOptions options() {
    return KindOptions.ofModules(
            Set.of(
                "init_r", "lora_alpha", "init_lora_weights", RANKS, "bias", "ensure_weight_tying"),
            HARMLESS)
        .refusing(LoraKind.REFUSED)
        .refusing(REFUSED)
        .uncounting(Set.of(RANKS, "bias", "ensure_weight_tying", "init_lora_weights"));
  }

  @Override
  public List<AdapterPrimitive> read(PeftSource source) {
    AdapterConfigFields config = source.config();
    ModuleSelection.Selected selected =
        ModuleSelection.read(config, source.budget()).selectLinears(source.base().spec());
    SavedBiases.Mode biases = SavedBiases.mode(config);
    SavedModules saved = SavedModules.read(source, selected);
    Owners.require(
        source, path -> selected.owns(path) || saved.owns(path) || SavedBiases.owns(path, biases));
    if (config.get("init_lora_weights").isTextual()) {
      throw AdapterConfigFields.refuse("init_lora_weights has to be true or false for this kind");
    }
    Map<String, Integer> ranks = ranks(config);
    int initRank = config.whole("init_r", 12, 1, LoraScale.MAX_RANK);
    double scale = config.number("lora_alpha", 8) / (initRank + 1e-5);
    List<AdapterPrimitive> primitives = new ArrayList<>();
    for (AdaptedModule module : source.modules(selected)) {
      Integer cut = ranks.remove(module.path());
      primitives.addAll(read(source, module, cut == null ? initRank : cut, (float) scale));
    }
    for (String path : ranks.keySet()) {
      throw AdapterConfigFields.refuse(RANKS + " names " + path + ", which is not adapted");
    }
    primitives.addAll(SavedBiases.read(source, selected, biases));
    primitives.addAll(saved.primitives(source));
    return primitives;
  }

  private static List<AdapterPrimitive> read(
      PeftSource source, AdaptedModule module, int rank, float scale) {
    StoredMatrix a = source.stored(module, "lora_A", rank, module.in(), "[rank_pattern, inputs]");
    StoredMatrix b = source.stored(module, "lora_B", module.out(), rank, "[outputs, rank_pattern]");
    Matrix e = source.matrix(module, "lora_E", rank, 1, "[rank_pattern, 1]");
    return rank == 0
        ? List.of()
        : module.lowRank(
            rank,
            AdaptedModule.computed(rank, module.in(), () -> a.read().rowsTimes(e.values())),
            b.values(),
            scale);
  }

  /** By path: how many singular values were kept; the entries are lists of true and false. */
  private static Map<String, Integer> ranks(AdapterConfigFields config) {
    Map<String, Integer> ranks = new LinkedHashMap<>();
    config
        .entries(RANKS, AdaLoraKind::kept)
        .forEach(
            (name, kept) ->
                ranks.put(
                    name.endsWith(".lora_E")
                        ? name.substring(0, name.length() - ".lora_E".length())
                        : name,
                    kept));
    return ranks;
  }

  private static int kept(String key, JsonNode value) {
    if (value.isIntegralNumber()) {
      return AdapterConfigFields.whole(key, value, 0, LoraScale.MAX_RANK);
    }
    if (!value.isArray() || value.size() > LoraScale.MAX_RANK) {
      throw AdapterConfigFields.refuse(
          key + " is " + AdapterConfigFields.show(value) + ", write a list of true and false");
    }
    int kept = 0;
    for (JsonNode one : value) {
      if (!one.isBoolean()) {
        throw AdapterConfigFields.refuse(
            key + " lists " + AdapterConfigFields.show(one) + ", write true or false");
      }
      kept += one.booleanValue() ? 1 : 0;
    }
    return kept;
  }
}
