package io.talchum.weights.gguf;

import com.fasterxml.jackson.databind.JsonNode;
import io.talchum.core.AttentionSpec;
import io.talchum.core.RopeSpec;
import io.talchum.weights.Limits;
import io.talchum.weights.block.BlockType;
import io.talchum.weights.checkpoint.ConfigFields;
import io.talchum.weights.checkpoint.Family;
import io.talchum.weights.checkpoint.Family.Trait;
import io.talchum.weights.checkpoint.RopeRules;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Reads scale, softcap, windows and rotary embedding of a GGUF file. */
record GgufAttention(GgufFile file, ConfigFields fields, Family family) {
  private static final double MAX_THETA = 1e12;
  static final String DIVISORS = "rope_freqs.weight";
  static final String SHORT_FACTORS = "rope_factors_short.weight";
  static final String LONG_FACTORS = "rope_factors_long.weight";

  AttentionSpec read(int hidden, int heads, int headDim, int layers, int context) {
    int rotaryDims = rotaryDims(headDim);
    double theta = fields.doubleOr(key("rope.freq_base"), family.ropeTheta(), 1, MAX_THETA);
    RopeSpec rope = rope(rotaryDims, context).resolve(theta, rotaryDims);
    int window = window();
    List<Integer> windowed = windowed(window, layers);
    return new AttentionSpec(
        (float) scale(hidden, heads, headDim, layers),
        (float) softcap(),
        windowed.isEmpty() ? 0 : window,
        windowed,
        rope,
        windowRope(rope, rotaryDims));
  }

  private String key(String name) {
    return family.ggufName() + "." + name;
  }

  private int rotaryDims(int headDim) {
    int dims = fields.intOr(key("rope.dimension_count"), headDim, 2, Limits.MAX_HEAD_DIM);
    boolean fits =
        family.has(Trait.PARTIAL_ROTARY) ? dims <= headDim && dims % 2 == 0 : dims == headDim;
    if (!fits) {
      throw fields.refused(
          "%s is %d; with heads of %d that is not supported for %s"
              .formatted(key("rope.dimension_count"), dims, headDim, family.ggufName()));
    }
    return dims;
  }

  private double scale(int hidden, int heads, int headDim, int layers) {
    boolean of27b =
        (family == Family.GEMMA2 && layers == 46) || (family == Family.GEMMA3 && layers == 62);
    double implied = 1 / Math.sqrt(of27b ? (double) hidden / heads : headDim);
    return family.has(Trait.MULTIPLIERS) || family.has(Trait.GEMMA)
        ? fields.doubleOr(key("attention.scale"), implied, 0, 1e6)
        : implied;
  }

  private double softcap() {
    return family.has(Trait.SCORE_SOFTCAP)
        ? fields.doubleOr(key("attn_logit_softcapping"), 50, 0, 1e6)
        : 0;
  }

  private int window() {
    String key = key("attention.sliding_window");
    int otherwise = family == Family.GEMMA2 ? 4096 : 0;
    return fields.intOr(key, otherwise, 0, Limits.MAX_CONTEXT);
  }

  /** Layers with the window: as a list says, else as the architecture is known to have them. */
  private List<Integer> windowed(int window, int layers) {
    String key = key("attention.sliding_window_pattern");
    IntPredicate rule =
        fields.find(key).filter(JsonNode::isArray).isPresent() ? listed(key, layers) : known(key);
    if (window == 0) {
      return List.of();
    }
    if (rule == null) {
      throw fields.refused(
          "%s %d without the list %s is not supported for %s: it does not say which layers"
              .formatted(key("attention.sliding_window"), window, key, family.ggufName()));
    }
    return IntStream.range(0, layers).filter(rule).boxed().toList();
  }

  private IntPredicate listed(String key, int layers) {
    List<Boolean> windowed = fields.booleans(key);
    if (windowed.size() != layers) {
      throw fields.refused(key + " lists " + windowed.size() + " layers; there are " + layers);
    }
    return windowed::get;
  }

  /** Null if nothing is known. */
  private @Nullable IntPredicate known(String key) {
    if (family.has(Trait.WINDOW_ALTERNATING)) {
      int every = fields.intOr(key, family == Family.GEMMA2 ? 2 : 6, 1, Limits.MAX_LAYERS);
      return layer -> (layer + 1) % every != 0;
    }
    // Mistral is llama here
    return family == Family.LLAMA || family.has(Trait.WINDOW_EVERYWHERE) ? layer -> true : null;
  }

  private RopeSpec windowRope(RopeSpec rope, int rotaryDims) {
    return family.has(Trait.WINDOW_ROPE)
        ? new RopeRules.Default()
            .resolve(fields.doubleOr(key("rope.freq_base_swa"), 1e4, 1, MAX_THETA), rotaryDims)
        : rope;
  }

  private RopeRules rope(int rotaryDims, int context) {
    String type = fields.text(key("rope.scaling.type")).orElse("none");
    double factor =
        fields
            .findDouble(key("rope.scaling.factor"), 0, 1e6)
            .orElse(fields.doubleOr(key("rope.scale_linear"), 1, 0, 1e6));
    int trained =
        fields.intOr(key("rope.scaling.original_context_length"), context, 1, Limits.MAX_CONTEXT);
    OptionalDouble attention = fields.findDouble(key("rope.scaling.attn_factor"), 0, 1e6);
    if (file.tensors().containsKey(LONG_FACTORS) || file.tensors().containsKey(SHORT_FACTORS)) {
      return new RopeRules.LongRope(
          factors(SHORT_FACTORS, rotaryDims),
          factors(LONG_FACTORS, rotaryDims),
          trained,
          context,
          attention);
    }
    RopeRules rule =
        switch (type) {
          case "none" -> new RopeRules.Default();
          case "linear" -> new RopeRules.LinearScaling(factor);
          case "yarn" -> yarn(factor, trained, attention);
          default ->
              throw fields.refused(
                  key("rope.scaling.type")
                      + " "
                      + type
                      + " is not supported; supported: none, linear, yarn");
        };
    return file.tensors().containsKey(DIVISORS)
        ? new RopeRules.Divided(rule, factors(DIVISORS, rotaryDims))
        : rule;
  }

  /** Here llama.cpp multiplies its own attention factor with the one of the file. */
  private RopeRules yarn(double factor, int trained, OptionalDouble attention) {
    if (attention.orElse(1) != 1) {
      throw fields.refused(
          "%s %s together with yarn is not supported"
              .formatted(key("rope.scaling.attn_factor"), attention.getAsDouble()));
    }
    return new RopeRules.Yarn(factor, trained, 32, 1, true, OptionalDouble.empty(), 0, 0);
  }

  private List<Double> factors(String name, int rotaryDims) {
    GgufFile.GgufTensor tensor = file.tensors().get(name);
    if (tensor == null
        || tensor.type() != BlockType.F32
        || tensor.dimensions().size() != 1
        || tensor.dimensions().getFirst() != rotaryDims / 2) {
      throw fields.refused("tensor " + name + " is no F32 vector of length " + rotaryDims / 2);
    }
    float[] values = new float[rotaryDims / 2];
    tensor.type().dequantize(file.data(tensor), 0, values, 0, values.length);
    List<Double> factors = new ArrayList<>();
    for (float value : values) {
      if (!(value > 0 && value < Float.POSITIVE_INFINITY)) {
        throw fields.refused("tensor " + name + " holds " + value);
      }
      factors.add((double) value);
    }
    return factors;
  }
}
