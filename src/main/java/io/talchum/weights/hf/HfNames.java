package io.talchum.weights.hf;

import io.talchum.core.Linear;
import io.talchum.core.LinearModule;
import io.talchum.core.ModelSpec;
import io.talchum.core.Norm;
import io.talchum.weights.checkpoint.CheckpointNorms;
import io.talchum.weights.checkpoint.ModelTensors;
import io.talchum.weights.checkpoint.TensorPlace;
import java.util.Locale;
import java.util.Optional;

/**
 * Where a Hugging Face checkpoint keeps the model's tensors.
 *
 * @param prefix before {@code model.} and {@code lm_head.}
 */
record HfNames(ModelSpec spec, String prefix) {
  static final String EMBED = "model.embed_tokens.weight";
  static final String HEAD = "lm_head.weight";

  /** For example {@code layers.3.q} is {@code model.layers.3.self_attn.q_proj.weight}. */
  TensorPlace of(String name, int rows) {
    return switch (name) {
      case ModelTensors.EMBED -> TensorPlace.whole(prefix + EMBED, rows);
      case ModelTensors.HEAD -> TensorPlace.whole(prefix + HEAD, rows);
      case ModelTensors.NORM -> TensorPlace.whole(prefix + CheckpointNorms.FINAL + ".weight", rows);
      case ModelTensors.NORM + ModelTensors.BIAS ->
          TensorPlace.whole(prefix + CheckpointNorms.FINAL + ".bias", rows);
      default -> {
        String[] parts = name.split("\\.", -1);
        String layer = prefix + "model.layers." + parts[1] + ".";
        String suffix = parts.length > 3 ? ".bias" : ".weight";
        Optional<Norm> norm = ModelTensors.norm(parts[2]);
        yield norm.isPresent()
            ? TensorPlace.whole(layer + CheckpointNorms.path(spec, norm.get()) + suffix, rows)
            : linear(layer, Linear.valueOf(parts[2].toUpperCase(Locale.ROOT)), suffix);
      }
    };
  }

  private TensorPlace linear(String layer, Linear linear, String suffix) {
    LinearModule module = spec.module(linear);
    return TensorPlace.of(spec, module, linear, layer + module.path() + suffix);
  }
}
