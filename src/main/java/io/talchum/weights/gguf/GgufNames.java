package io.talchum.weights.gguf;

import io.talchum.core.Linear;
import io.talchum.core.LinearModule;
import io.talchum.core.ModelSpec;
import io.talchum.core.Norm;
import io.talchum.weights.checkpoint.ModelTensors;
import io.talchum.weights.checkpoint.TensorPlace;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Where a GGUF file keeps the model's tensors. */
record GgufNames(ModelSpec spec) {

  /** For example {@code layers.3.q} is {@code blk.3.attn_q.weight}. */
  TensorPlace of(String name, int rows) {
    return switch (name) {
      case ModelTensors.EMBED -> TensorPlace.whole("token_embd.weight", rows);
      case ModelTensors.HEAD -> TensorPlace.whole("output.weight", rows);
      case ModelTensors.NORM -> TensorPlace.whole("output_norm.weight", rows);
      case ModelTensors.NORM + ModelTensors.BIAS -> TensorPlace.whole("output_norm.bias", rows);
      default -> {
        String[] parts = name.split("\\.", -1);
        String layer = "blk." + parts[1] + ".";
        String suffix = parts.length > 3 ? ".bias" : ".weight";
        Optional<Norm> norm = ModelTensors.norm(parts[2]);
        yield norm.isPresent()
            ? TensorPlace.whole(layer + module(norm.get()) + suffix, rows)
            : linear(layer, Linear.valueOf(parts[2].toUpperCase(Locale.ROOT)), suffix);
      }
    };
  }

  private TensorPlace linear(String layer, Linear linear, String suffix) {
    LinearModule module = spec.module(linear);
    return TensorPlace.of(spec, module, linear, layer + module(module.linears()) + suffix);
  }

  private static String module(Norm norm) {
    return switch (norm) {
      case INPUT -> "attn_norm";
      case QUERY -> "attn_q_norm";
      case KEY -> "attn_k_norm";
      case ATTENTION_OUTPUT -> "post_attention_norm";
      case MLP_INPUT -> "ffn_norm";
      case MLP_OUTPUT -> "post_ffw_norm";
    };
  }

  /** The name of a module that holds these linears. */
  static String module(List<Linear> linears) {
    return switch (linears.getFirst()) {
      case Q -> linears.size() == 1 ? "attn_q" : "attn_qkv";
      case K -> "attn_k";
      case V -> "attn_v";
      case O -> "attn_output";
      case GATE -> linears.size() == 1 ? "ffn_gate" : "ffn_up"; // gate and up in one
      case UP -> "ffn_up";
      case DOWN -> "ffn_down";
    };
  }
}
