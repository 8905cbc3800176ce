package io.talchum.weights.checkpoint;

import static io.talchum.core.Norm.ATTENTION_OUTPUT;
import static io.talchum.core.Norm.INPUT;
import static io.talchum.core.Norm.KEY;
import static io.talchum.core.Norm.MLP_INPUT;
import static io.talchum.core.Norm.MLP_OUTPUT;
import static io.talchum.core.Norm.QUERY;

import io.talchum.core.Activation;
import io.talchum.core.Linear;
import io.talchum.core.LinearModule;
import io.talchum.core.Norm;
import io.talchum.core.NormSpec;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The architectures that can be imported: what is fixed in each, and which parts of its config have
 * a meaning. Defaults are those of transformers' config classes.
 */
public enum Family {
  LLAMA(
      "llama",
      "LlamaForCausalLM",
      Norms.BEFORE,
      Modules.PLAIN,
      Trait.ATTENTION_BIAS,
      Trait.MLP_BIAS),
  MISTRAL("mistral", "MistralForCausalLM", Norms.BEFORE, Modules.PLAIN, Trait.WINDOW_EVERYWHERE),
  QWEN2(
      "qwen2", "Qwen2ForCausalLM", Norms.BEFORE, Modules.PLAIN, Trait.QKV_BIAS, Trait.WINDOW_LATE),
  QWEN3(
      "qwen3",
      "Qwen3ForCausalLM",
      Norms.BEFORE_AND_HEADS,
      Modules.PLAIN,
      Trait.ATTENTION_BIAS,
      Trait.WINDOW_LATE),
  GEMMA2(
      "gemma2",
      "Gemma2ForCausalLM",
      Norms.AROUND,
      Modules.PLAIN,
      Trait.GEMMA,
      Trait.ATTENTION_BIAS,
      Trait.WINDOW_ALTERNATING,
      Trait.SCORE_SOFTCAP),
  GEMMA3(
      "gemma3_text",
      "Gemma3ForCausalLM",
      Norms.AROUND_AND_HEADS,
      Modules.PLAIN,
      Trait.GEMMA,
      Trait.ATTENTION_BIAS,
      Trait.WINDOW_ALTERNATING,
      Trait.WINDOW_ROPE),
  PHI3(
      "phi3",
      "Phi3ForCausalLM",
      Norms.BEFORE,
      Modules.FUSED,
      Trait.WINDOW_EVERYWHERE,
      Trait.PARTIAL_ROTARY),
  OLMO2("olmo2", "Olmo2ForCausalLM", Norms.AFTER, Modules.PLAIN, Trait.ATTENTION_BIAS),
  GRANITE(
      "granite",
      "GraniteForCausalLM",
      Norms.BEFORE,
      Modules.PLAIN,
      Trait.ATTENTION_BIAS,
      Trait.MLP_BIAS,
      Trait.MULTIPLIERS),
  STARCODER2(
      "starcoder2",
      "Starcoder2ForCausalLM",
      Norms.BEFORE,
      Modules.UNGATED,
      Trait.LAYER_NORM,
      Trait.USE_BIAS,
      Trait.WINDOW_EVERYWHERE);

  /** Parts of a config that not every family has. */
  public enum Trait {
    /** {@code attention_bias}: q, k, v, o. */
    ATTENTION_BIAS,
    /** {@code mlp_bias}. */
    MLP_BIAS,
    /** q, k and v always have a bias. */
    QKV_BIAS,
    /** {@code use_bias}: all linears. */
    USE_BIAS,
    /** {@code sliding_window} holds for all layers. */
    WINDOW_EVERYWHERE,
    /** {@code use_sliding_window}, from layer {@code max_window_layers} on. */
    WINDOW_LATE,
    /** All layers but every n-th have the window. */
    WINDOW_ALTERNATING,
    /** Layers with a window have a rotary embedding of their own. */
    WINDOW_ROPE,
    /** {@code attn_logit_softcapping}. */
    SCORE_SOFTCAP,
    /** {@code partial_rotary_factor}, and frequencies by length (longrope). */
    PARTIAL_ROTARY,
    /** {@code embedding_multiplier} and its like. */
    MULTIPLIERS,
    /** LayerNorm in place of RMSNorm. */
    LAYER_NORM,
    /**
     * Norm weights count from 1, embeddings are multiplied by the root of the width, {@code
     * query_pre_attn_scalar}, {@code final_logit_softcapping}.
     */
    GEMMA
  }

  /** Where norms act. */
  private static final class Norms {
    static final Set<Norm> BEFORE = EnumSet.of(INPUT, MLP_INPUT);
    static final Set<Norm> BEFORE_AND_HEADS = EnumSet.of(INPUT, QUERY, KEY, MLP_INPUT);
    static final Set<Norm> AROUND = EnumSet.of(INPUT, ATTENTION_OUTPUT, MLP_INPUT, MLP_OUTPUT);
    static final Set<Norm> AROUND_AND_HEADS = EnumSet.allOf(Norm.class);
    static final Set<Norm> AFTER = EnumSet.of(QUERY, KEY, ATTENTION_OUTPUT, MLP_OUTPUT);
  }

  /** How the linear modules are called and fused. */
  private static final class Modules {
    static final List<LinearModule> PLAIN = LinearModule.plain();
    static final List<LinearModule> FUSED =
        List.of(
            new LinearModule("self_attn.qkv_proj", List.of(Linear.Q, Linear.K, Linear.V)),
            new LinearModule("self_attn.o_proj", List.of(Linear.O)),
            new LinearModule("mlp.gate_up_proj", List.of(Linear.GATE, Linear.UP)),
            new LinearModule("mlp.down_proj", List.of(Linear.DOWN)));
    static final List<LinearModule> UNGATED =
        List.of(
            new LinearModule("self_attn.q_proj", List.of(Linear.Q)),
            new LinearModule("self_attn.k_proj", List.of(Linear.K)),
            new LinearModule("self_attn.v_proj", List.of(Linear.V)),
            new LinearModule("self_attn.o_proj", List.of(Linear.O)),
            new LinearModule("mlp.c_fc", List.of(Linear.UP)),
            new LinearModule("mlp.c_proj", List.of(Linear.DOWN)));
  }

  private final String modelType;
  private final String architecture;
  private final Set<Norm> norms;
  private final List<LinearModule> modules;
  private final Set<Trait> traits;

  Family(
      String modelType,
      String architecture,
      Set<Norm> norms,
      List<LinearModule> modules,
      Trait... traits) {
    this.modelType = modelType;
    this.architecture = architecture;
    this.norms = norms;
    this.modules = modules;
    this.traits = Set.of(traits);
  }

  /** The value of {@code model_type}. */
  public String modelType() {
    return modelType;
  }

  /** The value in {@code architectures}. */
  public String architecture() {
    return architecture;
  }

  /** The value of {@code general.architecture} in GGUF files. */
  public String ggufName() {
    return switch (this) {
      case MISTRAL -> LLAMA.modelType;
      case GEMMA3 -> "gemma3";
      default -> modelType;
    };
  }

  /**
   * Whether GGUF files hold rows of q and k in the order of interleaved rotary pairs: row {@code 2
   * j + s} of a head is the model's row {@code s d/2 + j}.
   */
  public boolean interleavedInGguf() {
    return this == LLAMA || this == GRANITE;
  }

  public boolean has(Trait trait) {
    return traits.contains(trait);
  }

  public List<LinearModule> modules() {
    return modules;
  }

  /** Whether the MLP has a gate. */
  public boolean gated() {
    return modules != Modules.UNGATED;
  }

  public NormSpec norms(float epsilon) {
    return new NormSpec(
        has(Trait.LAYER_NORM) ? NormSpec.Kind.LAYER : NormSpec.Kind.RMS,
        epsilon,
        norms,
        norms.contains(QUERY) && this != OLMO2);
  }

  /** What a checkpoint's norm weights are short of. */
  public float normOffset() {
    return has(Trait.GEMMA) ? 1 : 0;
  }

  public Activation activation() {
    return has(Trait.GEMMA) || this == STARCODER2 ? Activation.GELU_TANH : Activation.SILU;
  }

  public boolean tiedByDefault() {
    return has(Trait.GEMMA) || this == STARCODER2;
  }

  public double epsilon() {
    return this == PHI3 || this == OLMO2 || this == STARCODER2 ? 1e-5 : 1e-6;
  }

  public double ropeTheta() {
    return this == GEMMA3 ? 1e6 : 1e4;
  }

  /** What a config means that leaves a key out. */
  public int defaultOr(String key, int otherwise) {
    return defaults().getOrDefault(key, otherwise);
  }

  private Map<String, Integer> defaults() {
    return switch (this) {
      case MISTRAL -> Map.of("num_key_value_heads", 8, "sliding_window", 4096);
      case QWEN2 ->
          Map.of("num_key_value_heads", 32, "sliding_window", 4096, "max_window_layers", 28);
      case QWEN3 ->
          Map.of(
              "num_key_value_heads", 32,
              "head_dim", 128,
              "sliding_window", 4096,
              "max_window_layers", 28);
      case GEMMA2 -> Map.of("num_key_value_heads", 4, "head_dim", 256, "sliding_window", 4096);
      case GEMMA3 ->
          Map.of(
              "vocab_size", 262_208,
              "num_attention_heads", 8,
              "num_key_value_heads", 4,
              "head_dim", 256,
              "max_position_embeddings", 131_072,
              "sliding_window", 4096);
      case PHI3 -> Map.of("original_max_position_embeddings", 4096);
      case STARCODER2 -> Map.of("num_key_value_heads", 2);
      case LLAMA, OLMO2, GRANITE -> Map.of();
    };
  }

  public static Optional<Family> ofModelType(String modelType) {
    return Arrays.stream(values()).filter(f -> f.modelType.equals(modelType)).findFirst();
  }

  /** For messages. */
  public static String supported() {
    return Arrays.stream(values())
        .map(f -> f.modelType + " (" + f.architecture + ")")
        .collect(Collectors.joining(", "));
  }
}
