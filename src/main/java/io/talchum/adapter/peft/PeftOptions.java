package io.talchum.adapter.peft;

import com.fasterxml.jackson.databind.JsonNode;
import io.talchum.adapter.folder.ConfigFields;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What becomes of every key of a LoRA's {@code adapter_config.json}; the table of docs/adapters.md.
 */
final class PeftOptions {
  /** Read by {@link PeftConfig} or checked below. */
  static final Set<String> HONOURED =
      Set.of(
          "peft_type",
          "r",
          "lora_alpha",
          "use_rslora",
          "rank_pattern",
          "alpha_pattern",
          "target_modules",
          "exclude_modules",
          "layers_to_transform",
          "layers_pattern",
          "bias",
          "init_lora_weights",
          "task_type",
          "auto_mapping",
          "base_model_name_or_path");

  /** Say how the adapter was made, not what it computes. */
  static final Set<String> HARMLESS =
      Set.of(
          "inference_mode",
          "lora_dropout",
          "peft_version",
          "revision",
          "megatron_core",
          "qalora_group_size",
          "runtime_config",
          "eva_config",
          "corda_config",
          "lora_ga_config");

  /** Would change the result in a way that is not served; refused unless switched off. */
  static final Map<String, String> REFUSED =
      Map.ofEntries(
          Map.entry("use_dora", "DoRA (its lora_magnitude_vector tensors) is not served yet"),
          Map.entry("lora_bias", "biases of lora_B are not served yet"),
          Map.entry("modules_to_save", "replaced modules are not served yet"),
          Map.entry("trainable_token_indices", "trained tokens are not served yet"),
          Map.entry("target_parameters", "name the modules in target_modules instead"),
          Map.entry("ensure_weight_tying", "adapters on embedding and head are not served yet"),
          Map.entry("alora_invocation_tokens", "activated LoRA is not served yet"),
          Map.entry("layer_replication", "the depth of the base cannot be changed"),
          Map.entry("fan_in_fan_out", "transposed base weights are not served"),
          Map.entry("use_qalora", "QA-LoRA is not served yet"),
          Map.entry("use_bdlora", "block-diagonal LoRA is not served"),
          Map.entry("loftq_config", "a base that was quantized by LoftQ cannot be rebuilt"),
          Map.entry("megatron_config", "Megatron's parallel layers are not served"),
          Map.entry("arrow_config", "routing between adapters is not served"),
          Map.entry("kasa_config", "KaSA is not served"),
          Map.entry("monteclora_config", "MonteCLoRA is not served"),
          Map.entry("velora_config", "VeLoRA is not served"));

  /** Initial values that leave the base as it was. */
  private static final Set<String> PLAIN_INITS = Set.of("gaussian", "orthogonal", "eva");

  private static final Pattern CLASS_NAME = Pattern.compile("[A-Z][A-Za-z0-9]{0,99}");
  private static final Pattern TRANSFORMERS = Pattern.compile("transformers(\\.[a-z0-9_]{1,60})*");

  private PeftOptions() {}

  /**
   * @throws io.talchum.core.ServeException INVALID_ADAPTER naming the first key that is unknown,
   *     not served or malformed
   */
  static void check(ConfigFields fields) {
    for (Map.Entry<String, JsonNode> entry : fields.root().properties()) {
      checkKnown(entry.getKey(), entry.getValue());
    }
    checkBias(fields);
    checkInit(fields);
    checkTask(fields);
    checkBaseName(fields);
    checkAutoMapping(fields.get("auto_mapping"));
    if (fields.has("lora_dropout")) {
      double unused = fields.number("lora_dropout", 0);
    }
  }

  private static void checkKnown(String key, JsonNode value) {
    if (HONOURED.contains(key) || HARMLESS.contains(key) || ConfigFields.isOff(value)) {
      return;
    }
    String why = REFUSED.get(key);
    throw ConfigFields.refuse(
        why == null
            ? "the key " + key + " is not known; it is " + ConfigFields.show(value)
            : key + " is " + ConfigFields.show(value) + ": " + why);
  }

  private static void checkBias(ConfigFields fields) {
    String bias = fields.text("bias", "none");
    if (!bias.equals("none")) {
      throw ConfigFields.refuse("bias is '" + bias + "'; only 'none' is served yet");
    }
  }

  private static void checkInit(ConfigFields fields) {
    JsonNode init = fields.get("init_lora_weights");
    boolean plain =
        init.isMissingNode()
            || init.isNull()
            || init.isBoolean()
            || init.isTextual() && PLAIN_INITS.contains(init.textValue());
    if (!plain) {
      throw ConfigFields.refuse(
          "init_lora_weights is "
              + ConfigFields.show(init)
              + ", which changes the base too; save the adapter with"
              + " path_initial_model_for_weight_conversion, that makes a plain LoRA of it");
    }
  }

  private static void checkTask(ConfigFields fields) {
    String task = fields.text("task_type", "CAUSAL_LM");
    if (!task.equals("CAUSAL_LM")) {
      throw ConfigFields.refuse("task_type is '" + task + "'; only CAUSAL_LM is served");
    }
  }

  /** The name is never opened; one that climbs out of its folder is not a name. */
  private static void checkBaseName(ConfigFields fields) {
    String name = fields.text("base_model_name_or_path", "");
    for (String segment : name.split("[/\\\\]", -1)) {
      if (segment.equals("..")) {
        throw ConfigFields.refuse(
            "base_model_name_or_path is '" + name + "'; write the base's name, without ..");
      }
    }
  }

  /** PEFT writes the base's class here when there is no task_type; nothing is ever imported. */
  private static void checkAutoMapping(JsonNode mapping) {
    if (ConfigFields.isOff(mapping)) {
      return;
    }
    boolean usual =
        CLASS_NAME.matcher(mapping.path("base_model_class").asText()).matches()
            && TRANSFORMERS.matcher(mapping.path("parent_library").asText()).matches();
    for (Iterator<String> keys = mapping.fieldNames(); keys.hasNext(); ) {
      String key = keys.next();
      usual &= Set.of("base_model_class", "parent_library", "unsloth_fixed").contains(key);
    }
    if (!usual) {
      throw ConfigFields.refuse(
          "auto_mapping is "
              + ConfigFields.show(mapping)
              + "; only a class of transformers may stand there");
    }
  }
}
