package io.talchum.weights.hf;

import io.talchum.core.RopeSpec;
import io.talchum.weights.Limits;
import io.talchum.weights.checkpoint.ConfigFields;
import io.talchum.weights.checkpoint.Family;
import io.talchum.weights.checkpoint.Family.Trait;
import io.talchum.weights.checkpoint.RopeRules;
import java.util.List;
import java.util.Optional;

/** Reads the rotary embedding of a {@code config.json}, in both spellings. */
record HfRope(ConfigFields config, Family family, int headDim, int context) {
  private static final double MAX_THETA = 1e12;

  /** Of the layers that see everything, and of those with a window. */
  record Pair(RopeSpec full, RopeSpec windowed) {}

  static Pair read(ConfigFields config, Family family, int headDim, int context) {
    return new HfRope(config, family, headDim, context).pair();
  }

  private Pair pair() {
    double theta = config.doubleOr("rope_theta", family.ropeTheta(), 1, MAX_THETA);
    double partial =
        family.has(Trait.PARTIAL_ROTARY) ? config.doubleOr("partial_rotary_factor", 1, 0, 1) : 1;
    int original = original();
    Optional<ConfigFields> old = config.object("rope_scaling");
    Optional<ConfigFields> now = config.object("rope_parameters");
    if (old.isPresent() && now.isPresent()) {
      throw config.refused("rope_scaling and rope_parameters are both given; keep one");
    }
    if (!family.has(Trait.WINDOW_ROPE)) {
      RopeSpec rope = resolve(old.or(() -> now), theta, partial, original);
      return new Pair(rope, rope);
    }
    double local = config.doubleOr("rope_local_base_freq", 1e4, 1, MAX_THETA);
    if (now.isPresent()) {
      ConfigFields parameters = now.get();
      Pair pair =
          new Pair(
              resolve(parameters.object("full_attention"), theta, partial, original),
              resolve(parameters.object("sliding_attention"), local, partial, original));
      parameters.refuseUnread();
      return pair;
    }
    return new Pair(
        resolve(old, theta, partial, original),
        resolve(Optional.empty(), local, partial, original));
  }

  /** Positions before stretching, where a config says so outside the rope's object. */
  private int original() {
    if (!family.has(Trait.PARTIAL_ROTARY)) {
      return context;
    }
    String key = "original_max_position_embeddings";
    return config.intOr(key, family.defaultOr(key, context), 1, Limits.MAX_CONTEXT);
  }

  private RopeSpec resolve(
      Optional<ConfigFields> rules, double theta, double partial, int original) {
    if (rules.isEmpty()) {
      return new RopeRules.Default().resolve(theta, rotaryDims(config, partial));
    }
    ConfigFields rope = rules.get();
    double ruleTheta = rope.doubleOr("rope_theta", theta, 1, MAX_THETA);
    double rulePartial = rope.doubleOr("partial_rotary_factor", partial, 0, 1);
    if (rulePartial != 1 && !family.has(Trait.PARTIAL_ROTARY)) {
      throw rope.refused("partial_rotary_factor below 1 is not supported for this architecture");
    }
    int dims = rotaryDims(rope, rulePartial);
    RopeRules rule = rule(rope, dims, original);
    rope.refuseUnread();
    return rule.resolve(ruleTheta, dims);
  }

  private int rotaryDims(ConfigFields where, double partial) {
    int dims = (int) (headDim * partial);
    if (dims < 2 || dims % 2 != 0) {
      throw where.refused(
          "partial_rotary_factor %s of head size %d gives %d rotary dims; it must be an even number"
              .formatted(partial, headDim, dims));
    }
    return dims;
  }

  private RopeRules rule(ConfigFields rope, int dims, int original) {
    String type = rope.text("rope_type").or(() -> rope.text("type")).orElse("default");
    rope.text("type");
    return switch (type) {
      case "default" -> new RopeRules.Default();
      case "linear" -> new RopeRules.LinearScaling(factor(rope));
      case "llama3" -> llama3(rope, original);
      case "yarn" -> yarn(rope, original);
      case "longrope", "su" -> longRope(rope, dims, original);
      default ->
          throw rope.refused(
              "rope_type "
                  + type
                  + " is not supported; supported: default, linear, llama3, longrope, yarn");
    };
  }

  private static RopeRules llama3(ConfigFields rope, int original) {
    double low = rope.requireDouble("low_freq_factor", 0, 1e6);
    double high = rope.requireDouble("high_freq_factor", 0, 1e6);
    if (low >= high) {
      throw rope.refused("low_freq_factor " + low + " must be below high_freq_factor " + high);
    }
    return new RopeRules.Llama3(factor(rope), low, high, trainedContext(rope, original));
  }

  private static RopeRules yarn(ConfigFields rope, int original) {
    return new RopeRules.Yarn(
        factor(rope),
        trainedContext(rope, original),
        rope.doubleOr("beta_fast", 32, 0, 1e6),
        rope.doubleOr("beta_slow", 1, 0, 1e6),
        rope.booleanOr("truncate", true),
        rope.findDouble("attention_factor", 0, 1e6),
        rope.doubleOr("mscale", 0, -1, 1e6),
        rope.doubleOr("mscale_all_dim", 0, -1, 1e6));
  }

  private RopeRules longRope(ConfigFields rope, int dims, int original) {
    if (!family.has(Trait.PARTIAL_ROTARY)) {
      throw rope.refused("rope_type longrope is not supported for " + family.modelType());
    }
    List<Double> shortFactors = rope.positiveNumbers("short_factor", dims / 2);
    List<Double> longFactors = rope.positiveNumbers("long_factor", dims / 2);
    if (shortFactors.isEmpty() || longFactors.isEmpty()) {
      throw rope.missing(shortFactors.isEmpty() ? "short_factor" : "long_factor");
    }
    return new RopeRules.LongRope(
        shortFactors,
        longFactors,
        trainedContext(rope, original),
        context,
        rope.findDouble("attention_factor", 0, 1e6));
  }

  private static double factor(ConfigFields rope) {
    return rope.requireDouble("factor", 0, 1e6);
  }

  private static int trainedContext(ConfigFields rope, int original) {
    return rope.intOr("original_max_position_embeddings", original, 1, Limits.MAX_CONTEXT);
  }
}
