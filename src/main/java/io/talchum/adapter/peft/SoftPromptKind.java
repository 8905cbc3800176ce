package io.talchum.adapter.peft;

import io.talchum.adapter.AdapterPrimitive;
import io.talchum.adapter.SoftPrompt;
import io.talchum.adapter.folder.AdapterConfigFields;
import io.talchum.adapter.folder.Matrix;
import java.util.List;
import java.util.Set;

/**
 * Embeddings in front of the prompt: prompt tuning (arXiv:2104.08691), P-tuning (arXiv:2103.10385)
 * and CPT (arXiv:2410.17222). Encoders are folded into the file already. The rows enter the layers
 * as they are, also where the base multiplies its embeddings.
 */
record SoftPromptKind(String type, KindOptions options) implements PeftKind {
  static final String EMBEDDINGS = "prompt_embeddings";

  static final PeftKind PROMPT_TUNING =
      new SoftPromptKind(
          "PROMPT_TUNING",
          options(
              "prompt_tuning_init",
              "prompt_tuning_init_text",
              "tokenizer_kwargs",
              "tokenizer_name_or_path"));

  static final PeftKind P_TUNING =
      new SoftPromptKind(
          "P_TUNING",
          options(
              "encoder_dropout",
              "encoder_hidden_size",
              "encoder_num_layers",
              "encoder_reparameterization_type"));

  static final PeftKind CPT =
      new SoftPromptKind(
          "CPT",
          options(
              "cpt_mask",
              "cpt_token_ids",
              "cpt_tokens_type_mask",
              "opt_loss_decay_factor",
              "opt_projection_epsilon",
              "opt_projection_format_epsilon",
              "opt_weighted_loss_type",
              "tokenizer_name_or_path"));

  private static KindOptions options(String... harmless) {
    Set<String> all = new java.util.TreeSet<>(Set.of(harmless));
    all.addAll(Set.of("num_attention_heads", "num_layers"));
    return KindOptions.ofPrompts(Set.of(), all);
  }

  @Override
  public List<AdapterPrimitive> read(PeftSource source) {
    VirtualTokens tokens = VirtualTokens.read(source);
    return List.of(new SoftPrompt(tokens.count(), embeddings(source, tokens).values()));
  }

  static Matrix embeddings(PeftSource source, VirtualTokens tokens) {
    AdapterConfigFields config = source.config();
    int hidden = source.base().spec().hiddenSize();
    Matrix rows =
        source.tensors().matrix(EMBEDDINGS, tokens.count(), hidden, "[num_virtual_tokens, hidden]");
    VirtualTokens.requireEqual(config, "token_dim", hidden, "the base's hidden size");
    return rows;
  }
}
