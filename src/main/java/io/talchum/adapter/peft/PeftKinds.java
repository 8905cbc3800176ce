package io.talchum.adapter.peft;

import io.talchum.adapter.folder.ConfigFields;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The adapter kinds that PEFT 0.21 writes, and which of them is served. */
final class PeftKinds {
  static final String SERVED = "LORA";

  /** Keys that every kind has and that say nothing about it. */
  private static final Set<String> COMMON =
      Set.of(
          "peft_type",
          "peft_version",
          "task_type",
          "auto_mapping",
          "base_model_name_or_path",
          "revision",
          "inference_mode",
          "modules_to_save");

  /** Kinds that are known but not served yet, with the tensors that make them up. */
  private static final Map<String, String> KNOWN =
      Map.ofEntries(
          Map.entry("ADALORA", "lora_A, lora_B, lora_E"),
          Map.entry("ADAPTION_PROMPT", "adaption_prompt, adaption_gate"),
          Map.entry("BOFT", "boft_R, boft_s"),
          Map.entry("C3A", "c3a_kernel"),
          Map.entry("CARTRIDGE", "prompt_embeddings"),
          Map.entry("CPT", "prompt_embeddings"),
          Map.entry("DELORA", "delora_A, delora_B, delora_lambda, delora_w_norm"),
          Map.entry("FOURIERFT", "fourierft_spectrum"),
          Map.entry("HIRA", "hira_A, hira_B"),
          Map.entry("HRA", "hra_u"),
          Map.entry("IA3", "ia3_l"),
          Map.entry("LN_TUNING", "ln_tuning_layers"),
          Map.entry("LOHA", "hada_w1_a, hada_w1_b, hada_w2_a, hada_w2_b"),
          Map.entry("LOKR", "lokr_w1, lokr_w2"),
          Map.entry("MISS", "miss_block"),
          Map.entry("MULTITASK_PROMPT_TUNING", "prompt_embeddings, prefix_task_cols"),
          Map.entry("OFT", "oft_R"),
          Map.entry("P_TUNING", "prompt_embeddings"),
          Map.entry("PREFIX_TUNING", "prompt_embeddings"),
          Map.entry("PROMPT_TUNING", "prompt_embeddings"),
          Map.entry("RANDLORA", "randlora_A, randlora_B, randlora_lambda, randlora_gamma"),
          Map.entry("ROAD", "road_theta, road_alpha"),
          Map.entry("SHIRA", "shira_weight"),
          Map.entry("TRAINABLE_TOKENS", "trainable_tokens_delta"),
          Map.entry("VBLORA", "vblora_logits_A, vblora_logits_B, vblora_vector_bank"),
          Map.entry("VERA", "vera_lambda_b, vera_lambda_d, vera_A, vera_B"));

  private PeftKinds() {}

  /**
   * @throws io.talchum.core.ServeException INVALID_ADAPTER naming the kind and what is served
   */
  static void requireServed(ConfigFields fields) {
    if (!fields.has("peft_type")) {
      boolean hub = fields.has("config") && fields.has("model_type");
      throw ConfigFields.refuse(
          "peft_type is missing"
              + (hub ? "; this looks like an AdapterHub folder, which is not served yet" : "")
              + "; served is "
              + SERVED);
    }
    String kind = fields.text("peft_type", "");
    if (kind.equals(SERVED)) {
      return;
    }
    String tensors = KNOWN.get(kind);
    if (tensors == null) {
      throw ConfigFields.refuse("peft_type '" + kind + "' is not served; served is " + SERVED);
    }
    throw ConfigFields.refuse(
        "peft_type "
            + kind
            + " is not served yet; served is "
            + SERVED
            + ". Nothing would use its tensors ("
            + tensors
            + ") and options ("
            + String.join(", ", optionsOf(fields))
            + ")");
  }

  private static List<String> optionsOf(ConfigFields fields) {
    List<String> options = new ArrayList<>();
    fields.root().fieldNames().forEachRemaining(options::add);
    options.removeIf(COMMON::contains);
    return options.size() <= 30 ? options : options.subList(0, 30);
  }
}
