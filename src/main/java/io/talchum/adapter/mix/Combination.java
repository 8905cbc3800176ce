package io.talchum.adapter.mix;

import io.talchum.core.ServeException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How LoRAs are combined to one, as PEFT's {@code add_weighted_adapter} does.
 *
 * @param density the part of the numbers that is kept, (0, 1]; of TIES and DARE_LINEAR
 * @param byFrequency of TIES: the sign that most have, not that of the sum
 * @param seed of DARE_LINEAR
 */
public record Combination(Type type, double density, boolean byFrequency, long seed) {
  /** {@code combination_type}. */
  public enum Type {
    /** The exact weighted sum. */
    CAT,
    /** A and B added up each for itself, times the root of weight and scale. */
    LINEAR,
    /** Small numbers dropped, a sign elected, those that have it averaged: arXiv:2306.01708. */
    TIES,
    /** Numbers dropped at random, the others enlarged, added up: arXiv:2311.03099. */
    DARE_LINEAR;

    /** As PEFT spells it. */
    public String wireName() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * @param type as PEFT spells it
   * @param majoritySignMethod {@code total} or {@code frequency}
   * @throws ServeException INVALID_REQUEST naming an option that is wrong, missing, or of no use
   */
  public static Combination of(
      String type,
      @Nullable Double density,
      @Nullable String majoritySignMethod,
      @Nullable Long seed) {
    Type known =
        Arrays.stream(Type.values())
            .filter(each -> each.wireName().equals(type))
            .findFirst()
            .orElseThrow(() -> unknown(type));
    boolean thins = known == Type.TIES || known == Type.DARE_LINEAR;
    require("density", density != null, thins, known);
    require("seed", seed != null, known == Type.DARE_LINEAR, known);
    if (majoritySignMethod != null) {
      require("majority_sign_method", true, known == Type.TIES, known);
    }
    if (density != null && !(density > 0 && density <= 1)) {
      throw ServeException.invalid(
          "density", "density %s is out of range; choose above 0, at most 1".formatted(density));
    }
    return new Combination(
        known,
        density == null ? 1 : density,
        byFrequency(majoritySignMethod),
        seed == null ? 0 : seed);
  }

  private static ServeException unknown(String type) {
    String names =
        Arrays.stream(Type.values()).map(Type::wireName).collect(Collectors.joining(", "));
    return ServeException.invalid(
        "combination_type",
        "combination_type '%s' is not served; choose one of %s"
            .formatted(type.length() > 40 ? type.substring(0, 40) + "…" : type, names));
  }

  private static void require(String option, boolean given, boolean used, Type type) {
    if (given && !used) {
      throw ServeException.invalid(
          option, "%s has no effect on %s; leave it out".formatted(option, type.wireName()));
    }
    if (used && !given) {
      throw ServeException.invalid(
          option, "%s is missing; %s needs it".formatted(option, type.wireName()));
    }
  }

  private static boolean byFrequency(@Nullable String method) {
    return switch (method) {
      case null -> false;
      case "total" -> false;
      case "frequency" -> true;
      default ->
          throw ServeException.invalid(
              "majority_sign_method",
              "majority_sign_method must be total or frequency, not '%s'"
                  .formatted(method.length() > 40 ? method.substring(0, 40) + "…" : method));
    };
  }
}
