package io.talchum.weights.hf;

import io.talchum.core.AttentionSpec;
import io.talchum.weights.Limits;
import io.talchum.weights.checkpoint.ConfigFields;
import io.talchum.weights.checkpoint.Family;
import io.talchum.weights.checkpoint.Family.Trait;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/** Reads scale, softcap and windows of a {@code config.json}. */
record HfAttention(ConfigFields config, Family family, int layers) {
  private static final String FULL = "full_attention";
  private static final String SLIDING = "sliding_attention";

  static AttentionSpec read(
      ConfigFields config, Family family, int layers, int headDim, HfRope.Pair ropes) {
    HfAttention reader = new HfAttention(config, family, layers);
    int window = reader.window();
    List<Integer> windowed = reader.windowed(window);
    return new AttentionSpec(
        (float) reader.scale(headDim),
        (float) reader.softcap(),
        windowed.isEmpty() ? 0 : window,
        windowed,
        ropes.full(),
        ropes.windowed());
  }

  private double scale(int headDim) {
    if (family.has(Trait.MULTIPLIERS)) {
      return config.doubleOr("attention_multiplier", 1, 0, 1e6);
    }
    if (family.has(Trait.GEMMA)) {
      return 1 / Math.sqrt(config.doubleOr("query_pre_attn_scalar", 256, 0, 1e6));
    }
    return 1 / Math.sqrt(headDim);
  }

  private double softcap() {
    String key = "attn_logit_softcapping";
    if (family.has(Trait.SCORE_SOFTCAP)) {
      return config.doubleOr(key, config.omits(key) ? 50 : 0, 0, 1e6);
    }
    if (family.has(Trait.GEMMA) && config.has(key)) {
      throw config.refused(key + " is not supported for " + family.modelType());
    }
    return 0;
  }

  /** Keys that a windowed layer sees; 0 if no layer has a window. */
  private int window() {
    if (family.has(Trait.GEMMA) && config.booleanOr("use_bidirectional_attention", false)) {
      throw config.refused("use_bidirectional_attention true is not supported");
    }
    if (family.has(Trait.WINDOW_LATE) && !config.booleanOr("use_sliding_window", false)) {
      config.ignore(Set.of("sliding_window"));
      return 0;
    }
    if (family.has(Trait.WINDOW_LATE)
        || family.has(Trait.WINDOW_EVERYWHERE)
        || family.has(Trait.WINDOW_ALTERNATING)) {
      String key = "sliding_window";
      int otherwise = config.omits(key) ? family.defaultOr(key, 0) : 0;
      return config.intOr(key, otherwise, 1, Limits.MAX_CONTEXT);
    }
    return 0;
  }

  private List<Integer> windowed(int window) {
    IntPredicate rule = rule();
    if (family.has(Trait.WINDOW_LATE) || family.has(Trait.WINDOW_ALTERNATING)) {
      List<String> types = config.texts("layer_types");
      if (!types.isEmpty()) {
        return listed(types, window);
      }
    }
    return window == 0 ? List.of() : IntStream.range(0, layers).filter(rule).boxed().toList();
  }

  /** Which layers have the window when no list says so; reads the keys that the family has. */
  private IntPredicate rule() {
    if (family.has(Trait.WINDOW_LATE)) {
      int first =
          config.intOr(
              "max_window_layers", family.defaultOr("max_window_layers", 0), 0, Limits.MAX_LAYERS);
      return layer -> layer >= first;
    }
    if (family == Family.GEMMA3) {
      int other = config.intOr("_sliding_window_pattern", 6, 1, Limits.MAX_LAYERS);
      int pattern = config.intOr("sliding_window_pattern", other, 1, Limits.MAX_LAYERS);
      return layer -> (layer + 1) % pattern != 0;
    }
    return family.has(Trait.WINDOW_ALTERNATING) ? layer -> layer % 2 == 0 : layer -> true;
  }

  private List<Integer> listed(List<String> types, int window) {
    if (types.size() != layers) {
      throw config.refused("layer_types lists " + types.size() + " layers; there are " + layers);
    }
    List<Integer> windowed = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      String type = types.get(layer);
      if (type.equals(SLIDING)) {
        windowed.add(layer);
      } else if (!type.equals(FULL)) {
        throw config.refused("layer_types holds " + type + "; supported: " + FULL + ", " + SLIDING);
      }
    }
    if (window == 0 && !windowed.isEmpty()) {
      throw config.refused("layer_types says " + SLIDING + ", but there is no sliding_window");
    }
    return windowed;
  }
}
