package io.talchum.core;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** How exactly quantized matrices are multiplied with what flows through the model. */
public enum ProductPrecision {
  /** {@link #INT16} where the processor can, else {@link #EXACT}. */
  AUTO,
  /** The model's activations stay fp32. */
  EXACT,
  /** They are rounded to 16 bits, two signed digits, with a scale per block of 32: near-exact. */
  INT16,
  /** They are rounded to 8 bits with a scale per block of 32: faster, with other answers. */
  INT8;

  /** As settings and options spell it. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * @throws ServeException INVALID_REQUEST for anything but the names
   */
  public static ProductPrecision parse(String text) {
    return Arrays.stream(values())
        .filter(precision -> precision.text().equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                ServeException.invalid(
                    "products",
                    "talchum.products (--products) is \"%s\"; it must be %s"
                        .formatted(text, names())));
  }

  private static String names() {
    return Arrays.stream(values()).map(ProductPrecision::text).collect(Collectors.joining(", "));
  }
}
