package io.talchum.conditioning;

import io.talchum.core.ServeException;

/**
 * What values a sampling field may have, whoever says them.
 *
 * <p>Each method returns its value, or throws a {@link ServeException} INVALID_REQUEST that names
 * field, value and range.
 */
final class SamplingRanges {
  private SamplingRanges() {}

  static float temperature(float value) {
    return inRange("temperature", value, 0f, 2f);
  }

  static float topP(float value) {
    return aboveZero("top_p", value, 1f);
  }

  /** -1 is 0, all. */
  static int topK(int value) {
    return inRange("top_k", value == -1 ? 0 : value, 0, Integer.MAX_VALUE);
  }

  static float minP(float value) {
    return inRange("min_p", value, 0f, 1f);
  }

  static float repetitionPenalty(float value) {
    return aboveZero("repetition_penalty", value, 10f);
  }

  static float inRange(String field, float value, float min, float max) {
    if (!(value >= min && value <= max)) {
      throw ServeException.invalid(
          field,
          "%s %s is out of range; choose a number from %s to %s"
              .formatted(field, number(value), number(min), number(max)));
    }
    return value;
  }

  static int inRange(String field, int value, int min, int max) {
    if (value < min || value > max) {
      throw ServeException.invalid(
          field,
          "%s %d is out of range; choose a whole number from %d to %d"
              .formatted(field, value, min, max));
    }
    return value;
  }

  private static float aboveZero(String field, float value, float max) {
    if (!(value > 0f && value <= max)) {
      throw ServeException.invalid(
          field,
          "%s %s is out of range; choose a number above 0 and up to %s"
              .formatted(field, number(value), number(max)));
    }
    return value;
  }

  /** Whole numbers without the trailing ".0". */
  private static String number(float value) {
    return value == Math.rint(value) && Math.abs(value) < 1e6f
        ? Integer.toString((int) value)
        : Float.toString(value);
  }
}
