package io.talchum.adapter.adapterhub;

import com.fasterxml.jackson.databind.JsonNode;
import io.talchum.adapter.folder.AdapterConfigFields;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What becomes of the keys of one part of an AdapterHub configuration.
 *
 * @param honoured read
 * @param fixed have to have this value, in JSON, or be absent
 * @param harmless say how the adapter was made
 */
record AdapterHubOptions(Set<String> honoured, Map<String, String> fixed, Set<String> harmless) {
  static final AdapterHubOptions FOLDER =
      new AdapterHubOptions(
          Set.of("config", "name", "hidden_size"),
          Map.of(),
          Set.of("model_class", "model_name", "model_type", "version"));

  static final AdapterHubOptions BOTTLENECK =
      new AdapterHubOptions(
          Set.of(
              "mh_adapter",
              "output_adapter",
              "original_ln_before",
              "is_parallel",
              "scaling",
              "non_linearity",
              "use_gating",
              "phm_layer",
              "phm_dim",
              "leave_out"),
          Map.ofEntries(
              Map.entry("original_ln_after", "true"),
              Map.entry("residual_before_ln", "true"),
              Map.entry("adapter_residual_before_ln", "false"),
              Map.entry("ln_before", "false"),
              Map.entry("ln_after", "false"),
              Map.entry("cross_adapter", "false"),
              Map.entry("inv_adapter", "null"),
              Map.entry("factorized_phm_W", "true"),
              Map.entry("factorized_phm_rule", "false"),
              Map.entry("shared_phm_rule", "true"),
              Map.entry("shared_W_phm", "false"),
              Map.entry("phm_bias", "true")),
          Set.of(
              "reduction_factor",
              "dropout",
              "init_weights",
              "init_weights_seed",
              "inv_adapter_reduction_factor",
              "learn_phm",
              "phm_rank",
              "phm_c_init",
              "phm_init_range",
              "hypercomplex_nonlinearity",
              "stochastic_depth"));

  static final AdapterHubOptions LORA =
      new AdapterHubOptions(
          Set.of("architecture", "alpha", "r", "attn_matrices", "use_gating", "leave_out"),
          Map.of("composition_mode", "\"add\"", "use_dora", "false"),
          Set.of(
              "selfattn_lora",
              "intermediate_lora",
              "output_lora",
              "dropout",
              "dtype",
              "init_weights",
              "init_weights_seed"));

  static final AdapterHubOptions PREFIX =
      new AdapterHubOptions(
          Set.of(
              "architecture",
              "prefix_length",
              "bottleneck_size",
              "flat",
              "non_linearity",
              "use_gating",
              "shared_gating"),
          Map.of(),
          Set.of("encoder_prefix", "cross_prefix", "dropout", "init_weights_seed"));

  static final AdapterHubOptions UNION =
      new AdapterHubOptions(Set.of("architecture", "configs"), Map.of(), Set.of());

  static final AdapterHubOptions FUSION_FOLDER =
      new AdapterHubOptions(
          Set.of("adapter_names", "config", "name", "hidden_size"),
          Map.of(),
          Set.of("model_class", "model_name", "model_type", "version"));

  static final AdapterHubOptions FUSION =
      new AdapterHubOptions(
          Set.of(),
          Map.of(
              "key", "true",
              "query", "true",
              "value", "true",
              "query_before_ln", "false",
              "residual_before", "false",
              "temperature", "false",
              "value_before_softmax", "true"),
          Set.of("dropout_prob", "regularization", "value_initialized"));

  /**
   * @throws io.talchum.core.ServeException INVALID_ADAPTER naming the first key that is unknown or
   *     has a value that is not served
   */
  void check(AdapterConfigFields config) {
    for (Map.Entry<String, JsonNode> entry : config.root().properties()) {
      String key = entry.getKey();
      JsonNode value = entry.getValue();
      String only = fixed.get(key);
      if (only != null && !value.toString().equals(only)) {
        throw AdapterConfigFields.refuse(
            key + " is " + AdapterConfigFields.show(value) + "; only " + only + " is served");
      }
      if (only == null
          && !honoured.contains(key)
          && !harmless.contains(key)
          && !AdapterConfigFields.isOff(value)) {
        throw AdapterConfigFields.refuse(
            "the key " + key + " is not known; it is " + AdapterConfigFields.show(value));
      }
    }
  }

  /** All keys, for docs/adapters.md. */
  Set<String> keys() {
    Set<String> keys = new TreeSet<>(honoured);
    keys.addAll(fixed.keySet());
    keys.addAll(harmless);
    return keys;
  }
}
