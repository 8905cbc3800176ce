package io.talchum.weights;

import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;
import io.talchum.core.RopeSpec;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * Reads a Hugging Face {@code config.json} of the Llama architecture, in the spelling of the Hub
 * ({@code rope_theta}, {@code rope_scaling}, {@code torch_dtype}) or of transformers 5 ({@code
 * rope_parameters}, {@code dtype}).
 */
final class HubConfig {
  /** Keys that change neither the weights nor what is computed from them. */
  private static final Set<String> HARMLESS =
      Set.of(
          "_attn_implementation_autoset",
          "_from_model_config",
          "_name_or_path",
          "attention_dropout",
          "attn_implementation",
          "bos_token_id",
          "chunk_size_feed_forward",
          "dtype",
          "eos_token_id",
          "initializer_range",
          "is_llama_config",
          "max_length",
          "output_attentions",
          "output_hidden_states",
          "pad_token_id",
          "pretraining_tp",
          "return_dict",
          "torch_dtype",
          "torchscript",
          "transformers.js_config",
          "transformers_version",
          "unsloth_fixed",
          "unsloth_version",
          "use_cache");

  private HubConfig() {}

  /**
   * @throws io.talchum.core.ServeException INVALID_MODEL, naming the key and its value
   */
  static ModelSpec read(ConfigFields config) {
    requireLlama(config);
    int hidden = config.requireInt("hidden_size", 1, Limits.MAX_WIDTH);
    int heads = config.requireInt("num_attention_heads", 1, Limits.MAX_HEADS);
    if (!config.has("head_dim") && hidden % heads != 0) {
      throw config.refused(
          "num_attention_heads " + heads + " does not divide hidden_size " + hidden);
    }
    int headDim = config.intOr("head_dim", hidden / heads, 2, Limits.MAX_HEAD_DIM);
    if (headDim % 2 != 0) {
      throw config.refused("head_dim is " + headDim + "; rotary embedding needs an even one");
    }
    int kvHeads = config.intOr("num_key_value_heads", heads, 1, heads);
    if (heads % kvHeads != 0) {
      throw config.refused(
          "num_key_value_heads " + kvHeads + " does not divide num_attention_heads " + heads);
    }
    int context = config.requireInt("max_position_embeddings", 1, Limits.MAX_CONTEXT);
    ModelSpec spec =
        new ModelSpec(
            "LlamaForCausalLM",
            config.requireInt("vocab_size", 1, Limits.MAX_VOCABULARY),
            hidden,
            config.requireInt("num_hidden_layers", 1, Limits.MAX_LAYERS),
            heads,
            kvHeads,
            headDim,
            config.requireInt("intermediate_size", 1, Limits.MAX_WIDTH),
            context,
            (float) config.doubleOr("rms_norm_eps", 1e-6, 0, 1),
            rope(config, headDim, context),
            biases(config),
            config.booleanOr("tie_word_embeddings", false));
    config.ignore(HARMLESS);
    config.refuseUnread();
    return spec;
  }

  private static void requireLlama(ConfigFields config) {
    String type = config.text("model_type").orElseThrow(() -> config.missing("model_type"));
    String architecture =
        config
            .find("architectures")
            .map(list -> list.path(0).asText("none"))
            .orElse("LlamaForCausalLM");
    if (!type.equals("llama") || !architecture.equals("LlamaForCausalLM")) {
      throw config.refused(
          "model_type %s with architecture %s is not supported; supported: llama with LlamaForCausalLM"
              .formatted(type, architecture));
    }
    config
        .object("quantization_config")
        .ifPresent(
            quantization -> {
              throw config.refused(
                  "quantization_config of method %s is not supported; import the unquantized model or a GGUF file"
                      .formatted(quantization.text("quant_method").orElse("unknown")));
            });
    String activation = config.text("hidden_act").orElse("silu");
    if (!activation.equals("silu")) {
      throw config.refused("hidden_act " + activation + " is not supported; supported: silu");
    }
    if (config.booleanOr("rope_interleaved", false)) {
      throw config.refused("rope_interleaved true is not supported");
    }
  }

  private static Set<Linear> biases(ConfigFields config) {
    Set<Linear> biases = EnumSet.noneOf(Linear.class);
    if (config.booleanOr("attention_bias", false)) {
      biases.addAll(EnumSet.of(Linear.Q, Linear.K, Linear.V, Linear.O));
    }
    if (config.booleanOr("mlp_bias", false)) {
      biases.addAll(EnumSet.of(Linear.GATE, Linear.UP, Linear.DOWN));
    }
    return biases;
  }

  private static RopeSpec rope(ConfigFields config, int headDim, int context) {
    double theta = config.doubleOr("rope_theta", 10000, 1, 1e12);
    Optional<ConfigFields> old = config.object("rope_scaling");
    Optional<ConfigFields> now = config.object("rope_parameters");
    if (old.isPresent() && now.isPresent()) {
      throw config.refused("rope_scaling and rope_parameters are both given; keep one");
    }
    Optional<ConfigFields> rules = old.or(() -> now);
    if (rules.isEmpty()) {
      return new RopeRules.Default().resolve(theta, headDim);
    }
    ConfigFields fields = rules.get();
    double ruleTheta = fields.doubleOr("rope_theta", theta, 1, 1e12);
    RopeRules rule = rule(fields, context);
    fields.refuseUnread();
    return rule.resolve(ruleTheta, headDim);
  }

  private static RopeRules rule(ConfigFields rope, int context) {
    String type = rope.text("rope_type").or(() -> rope.text("type")).orElse("default");
    rope.text("type");
    if (rope.doubleOr("partial_rotary_factor", 1, 0, 1) != 1) {
      throw rope.refused("partial_rotary_factor below 1 is not supported for this architecture");
    }
    return switch (type) {
      case "default" -> new RopeRules.Default();
      case "linear" -> new RopeRules.LinearScaling(factor(rope));
      case "llama3" -> llama3(rope, context);
      case "yarn" -> yarn(rope, context);
      default ->
          throw rope.refused(
              "rope_type " + type + " is not supported; supported: default, linear, llama3, yarn");
    };
  }

  private static RopeRules llama3(ConfigFields rope, int context) {
    double low = rope.requireDouble("low_freq_factor", 0, 1e6);
    double high = rope.requireDouble("high_freq_factor", 0, 1e6);
    if (low >= high) {
      throw rope.refused("low_freq_factor " + low + " must be below high_freq_factor " + high);
    }
    return new RopeRules.Llama3(factor(rope), low, high, trainedContext(rope, context));
  }

  private static RopeRules yarn(ConfigFields rope, int context) {
    return new RopeRules.Yarn(
        factor(rope),
        trainedContext(rope, context),
        rope.doubleOr("beta_fast", 32, 0, 1e6),
        rope.doubleOr("beta_slow", 1, 0, 1e6),
        rope.booleanOr("truncate", true),
        rope.findDouble("attention_factor", 0, 1e6),
        rope.doubleOr("mscale", 0, -1, 1e6),
        rope.doubleOr("mscale_all_dim", 0, -1, 1e6));
  }

  private static double factor(ConfigFields rope) {
    return rope.requireDouble("factor", 0, 1e6);
  }

  private static double trainedContext(ConfigFields rope, int context) {
    return rope.intOr("original_max_position_embeddings", context, 1, Limits.MAX_CONTEXT);
  }
}
