package io.talchum.weights.checkpoint;

import io.talchum.core.ModelSpec;
import io.talchum.core.Norm;
import java.util.Arrays;

/** How Hugging Face checkpoints, and adapters made for them, name and store norms. */
public final class CheckpointNorms {
  /** Path of the norm before the head. */
  public static final String FINAL = "model.norm";

  private CheckpointNorms() {}

  /** The module's path inside {@code model.layers.N}. */
  public static String path(ModelSpec spec, Norm norm) {
    return switch (norm) {
      case INPUT -> "input_layernorm";
      case QUERY -> "self_attn.q_norm";
      case KEY -> "self_attn.k_norm";
      case ATTENTION_OUTPUT -> "post_attention_layernorm";
      case MLP_INPUT ->
          spec.norms().has(Norm.ATTENTION_OUTPUT)
              ? "pre_feedforward_layernorm"
              : "post_attention_layernorm";
      case MLP_OUTPUT -> "post_feedforward_layernorm";
    };
  }

  /** What a stored weight is short of what is multiplied: 1 for Gemma, else 0. */
  public static float offset(ModelSpec spec) {
    return Arrays.stream(Family.values())
        .filter(family -> family.architecture().equals(spec.architecture()))
        .findFirst()
        .map(Family::normOffset)
        .orElse(0f);
  }
}
