package io.talchum.weights.hf;

import io.talchum.core.Activation;
import io.talchum.core.Linear;
import io.talchum.core.MlpSpec;
import io.talchum.core.ModelSpec;
import io.talchum.core.ScaleSpec;
import io.talchum.weights.Limits;
import io.talchum.weights.checkpoint.ConfigFields;
import io.talchum.weights.checkpoint.Family;
import io.talchum.weights.checkpoint.Family.Trait;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads a Hugging Face {@code config.json} in the spelling of the Hub ({@code rope_theta}, {@code
 * rope_scaling}, {@code torch_dtype}) or of transformers 5 ({@code rope_parameters}, {@code
 * dtype}). Every key is understood, known to change nothing, or refused.
 *
 * @param spec the decoder
 * @param family what it was read as
 */
public record HfConfig(ModelSpec spec, Family family) {
  /** Keys that change neither the weights nor what is computed from them. */
  private static final Set<String> HARMLESS =
      Set.of(
          "_attn_implementation_autoset",
          "_from_model_config",
          "_name_or_path",
          "attention_dropout",
          "attn_implementation",
          "auto_map", // names code that is never run
          "bos_token_id",
          "cache_implementation",
          "chunk_size_feed_forward",
          "dtype",
          "embd_pdrop",
          "embedding_dropout",
          "eos_token_id",
          "initializer_range",
          "is_llama_config",
          "max_length",
          "output_attentions",
          "output_hidden_states",
          "pad_token_id",
          "pretraining_tp",
          "resid_pdrop",
          "residual_dropout",
          "return_dict",
          "torch_dtype",
          "torchscript",
          "transformers.js_config",
          "transformers_version",
          "unsloth_fixed",
          "unsloth_version",
          "use_cache");

  /** Keys that some configs carry with the one value that the families have. */
  private static final Map<String, String> NEUTRAL =
      Map.ofEntries(
          Map.entry("add_cross_attention", "false"),
          Map.entry("full_attn_mod", "1"),
          Map.entry("interpolate_factor", "1"),
          Map.entry("is_encoder_decoder", "false"),
          Map.entry("lm_head_bias", "false"),
          Map.entry("mlp_type", "\"default\""),
          Map.entry("norm_type", "\"layer_norm\""),
          Map.entry("rope_interleaved", "false"),
          Map.entry("tie_encoder_decoder", "false"),
          Map.entry("use_mrope", "false"));

  /** Keys around the text model of a Gemma 3 that also sees. */
  private static final Set<String> HARMLESS_AROUND =
      Set.of(
          "boi_token_index",
          "eoi_token_index",
          "image_token_index",
          "mm_tokens_per_image",
          "tie_word_embeddings",
          "vision_config");

  /**
   * @throws io.talchum.core.ServeException INVALID_MODEL, naming the key and its value
   */
  public static HfConfig read(ConfigFields config) {
    refuseQuantized(config);
    String type = config.text("model_type").orElseThrow(() -> config.missing("model_type"));
    if (type.equals("gemma3")) {
      return readTextModel(config);
    }
    Family family =
        Family.ofModelType(type).orElseThrow(() -> unsupported(config, type, architecture(config)));
    String architecture = architecture(config);
    if (!architecture.isEmpty() && !architecture.equals(family.architecture())) {
      throw unsupported(config, type, architecture);
    }
    return new HfConfig(new HfConfig.Reader(config, family).spec(), family);
  }

  private static HfConfig readTextModel(ConfigFields config) {
    String architecture = architecture(config);
    if (!architecture.equals("Gemma3ForConditionalGeneration")) {
      throw unsupported(config, "gemma3", architecture);
    }
    ConfigFields text =
        config.object("text_config").orElseThrow(() -> config.missing("text_config"));
    text.text("model_type");
    config.ignore(HARMLESS);
    config.ignore(HARMLESS_AROUND);
    config.refuseUnread();
    return new HfConfig(new HfConfig.Reader(text, Family.GEMMA3).spec(), Family.GEMMA3);
  }

  private static String architecture(ConfigFields config) {
    return config.texts("architectures").stream().findFirst().orElse("");
  }

  private static RuntimeException unsupported(
      ConfigFields config, String type, String architecture) {
    return config.refused(
        "model_type %s with architecture %s is not supported; supported: %s"
            .formatted(type, architecture.isEmpty() ? "none" : architecture, Family.supported()));
  }

  private static void refuseQuantized(ConfigFields config) {
    Optional<ConfigFields> quantization = config.object("quantization_config");
    if (quantization.isPresent()) {
      throw config.refused(
          "quantization_config of method %s is not supported; import the unquantized model or a GGUF file"
              .formatted(quantization.get().text("quant_method").orElse("unknown")));
    }
  }

  /** Reads the keys of one text model. */
  private record Reader(ConfigFields config, Family family) {

    ModelSpec spec() {
      int hidden = config.requireInt("hidden_size", 1, Limits.MAX_WIDTH);
      int heads = number("num_attention_heads", 1, Limits.MAX_HEADS);
      int headDim = headDim(hidden, heads);
      int kvHeads = kvHeads(heads);
      int context = number("max_position_embeddings", 1, Limits.MAX_CONTEXT);
      int layers = config.requireInt("num_hidden_layers", 1, Limits.MAX_LAYERS);
      HfRope.Pair ropes = HfRope.read(config, family, headDim, context);
      ModelSpec spec =
          new ModelSpec(
              family.architecture(),
              number("vocab_size", 1, Limits.MAX_VOCABULARY),
              hidden,
              layers,
              heads,
              kvHeads,
              headDim,
              config.requireInt("intermediate_size", 1, Limits.MAX_WIDTH),
              context,
              family.norms(epsilon()),
              HfAttention.read(config, family, layers, headDim, ropes),
              new MlpSpec(activation(), family.gated()),
              scales(hidden),
              family.modules(),
              biases(),
              config.booleanOr("tie_word_embeddings", family.tiedByDefault()));
      config.ignore(HARMLESS);
      requireNeutral();
      config.refuseUnread();
      return spec;
    }

    private void requireNeutral() {
      NEUTRAL.forEach(config::requireNeutral);
      if (!family.has(Trait.ATTENTION_BIAS)) {
        config.requireNeutral("attention_bias", "false");
      }
      if (!family.has(Trait.MLP_BIAS)) {
        config.requireNeutral("mlp_bias", "false");
      }
      if (family == Family.GEMMA2) {
        config.ignore(Set.of("sliding_window_size")); // beside sliding_window, which is read
      }
    }

    private int number(String key, int min, int max) {
      int otherwise = family.defaultOr(key, 0);
      return otherwise == 0
          ? config.requireInt(key, min, max)
          : config.intOr(key, otherwise, min, max);
    }

    private int headDim(int hidden, int heads) {
      int otherwise = config.omits("head_dim") ? family.defaultOr("head_dim", 0) : 0;
      if (otherwise == 0 && !config.has("head_dim") && hidden % heads != 0) {
        throw config.refused(
            "num_attention_heads " + heads + " does not divide hidden_size " + hidden);
      }
      int size =
          config.intOr(
              "head_dim", otherwise == 0 ? hidden / heads : otherwise, 2, Limits.MAX_HEAD_DIM);
      if (size % 2 != 0) {
        throw config.refused("head_dim is " + size + "; rotary embedding needs an even one");
      }
      return size;
    }

    private int kvHeads(int heads) {
      String key = "num_key_value_heads";
      int otherwise = config.omits(key) ? family.defaultOr(key, heads) : heads;
      int kvHeads = config.intOr(key, otherwise, 1, Limits.MAX_HEADS);
      if (kvHeads > heads || heads % kvHeads != 0) {
        throw config.refused(key + " " + kvHeads + " does not divide num_attention_heads " + heads);
      }
      return kvHeads;
    }

    private float epsilon() {
      String key = family.has(Trait.LAYER_NORM) ? "norm_epsilon" : "rms_norm_eps";
      return (float) config.doubleOr(key, family.epsilon(), 0, 1);
    }

    private Activation activation() {
      String key = "hidden_act";
      if (family.has(Trait.GEMMA)) {
        config.ignore(Set.of("hidden_act")); // older files carry a wrong one
        key = "hidden_activation";
      }
      Optional<String> name = config.text(key);
      if (name.isEmpty()) {
        return family.activation();
      }
      return switch (name.get()) {
        case "silu" -> Activation.SILU;
        case "gelu_pytorch_tanh" -> Activation.GELU_TANH;
        default ->
            throw config.refused(
                key + " " + name.get() + " is not supported; supported: silu, gelu_pytorch_tanh");
      };
    }

    private ScaleSpec scales(int hidden) {
      if (family.has(Trait.MULTIPLIERS)) {
        return new ScaleSpec(
            (float) config.doubleOr("embedding_multiplier", 1, 0, 1e6),
            (float) config.doubleOr("residual_multiplier", 1, 0, 1e6),
            (float) config.doubleOr("logits_scaling", 1, 0, 1e6),
            0);
      }
      if (family.has(Trait.GEMMA)) {
        String key = "final_logit_softcapping";
        double otherwise = family == Family.GEMMA2 && config.omits(key) ? 30 : 0;
        return new ScaleSpec(
            (float) Math.sqrt(hidden), 1, 1, (float) config.doubleOr(key, otherwise, 0, 1e6));
      }
      return ScaleSpec.NONE;
    }

    private Set<Linear> biases() {
      EnumSet<Linear> biases = EnumSet.noneOf(Linear.class);
      if (family.has(Trait.QKV_BIAS)) {
        biases.addAll(EnumSet.of(Linear.Q, Linear.K, Linear.V));
      }
      if (family.has(Trait.ATTENTION_BIAS) && config.booleanOr("attention_bias", false)) {
        biases.addAll(EnumSet.of(Linear.Q, Linear.K, Linear.V, Linear.O));
      }
      if (family.has(Trait.MLP_BIAS) && config.booleanOr("mlp_bias", false)) {
        biases.addAll(EnumSet.of(Linear.GATE, Linear.UP, Linear.DOWN));
      }
      if (family.has(Trait.USE_BIAS) && config.booleanOr("use_bias", true)) {
        biases.addAll(EnumSet.complementOf(EnumSet.of(Linear.GATE)));
      }
      return biases;
    }
  }
}
