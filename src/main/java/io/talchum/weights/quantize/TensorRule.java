package io.talchum.weights.quantize;

import io.talchum.core.ServeException;

/**
 * What the matrices of some names become.
 *
 * @param pattern of names that a package gives its tensors, linears singly ({@code layers.0.q});
 *     {@code *} stands for any characters
 */
public record TensorRule(String pattern, Quantization quantization) {
  private static final int MAX_LENGTH = 200;

  public TensorRule {
    if (!pattern.matches("[A-Za-z0-9_.*]{1," + MAX_LENGTH + "}")) {
      throw ServeException.invalid(
          "tensors",
          "the tensor pattern \"%s\" must be 1 to %d letters, digits, '_', '.' or '*', for example layers.0.*"
              .formatted(pattern, MAX_LENGTH));
    }
  }

  /** Whether the pattern covers the whole name; at most pattern times name steps. */
  public boolean matches(String name) {
    int at = 0;
    int in = 0;
    int star = -1;
    int retry = 0;
    while (in < name.length()) {
      if (at < pattern.length() && pattern.charAt(at) == '*') {
        star = at++;
        retry = in;
      } else if (at < pattern.length() && pattern.charAt(at) == name.charAt(in)) {
        at++;
        in++;
      } else if (star >= 0) {
        at = star + 1;
        in = ++retry;
      } else {
        return false;
      }
    }
    while (at < pattern.length() && pattern.charAt(at) == '*') {
      at++;
    }
    return at == pattern.length();
  }
}
