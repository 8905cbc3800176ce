package io.talchum.model.onnx.math;

import io.talchum.adapter.NonLinearity;

/** The functions of {@link NonLinearity}. */
public final class NonLinear {
  private static final double ROOT_2_OVER_PI = Math.sqrt(2 / Math.PI);

  private NonLinear() {}

  public static float apply(NonLinearity function, float x) {
    return switch (function) {
      case IDENTITY -> x;
      case RELU -> Math.max(0, x);
      case LEAKY_RELU -> x < 0 ? 0.01f * x : x;
      case SILU -> x * sigmoid(x);
      case GELU -> (float) (0.5 * x * (1 + erf(x / Math.sqrt(2))));
      case GELU_TANH ->
          (float) (0.5 * x * (1 + Math.tanh(ROOT_2_OVER_PI * (x + 0.044715 * x * x * x))));
      case TANH -> (float) Math.tanh(x);
      case SIGMOID -> sigmoid(x);
    };
  }

  public static float sigmoid(float x) {
    return (float) (1 / (1 + Math.exp(-x)));
  }

  /**
   * The error function, to 1e-13: its Taylor series near zero, else a continued fraction of its
   * complement (Abramowitz and Stegun 7.1.5 and 7.1.14).
   */
  static double erf(double x) {
    double magnitude = Math.abs(x);
    if (magnitude > 6) {
      return Math.signum(x);
    }
    if (magnitude < 2.5) {
      double term = x;
      double sum = x;
      for (int n = 1; n < 60; n++) {
        term *= -x * x / n;
        sum += term / (2 * n + 1);
      }
      return 2 / Math.sqrt(Math.PI) * sum;
    }
    double fraction = 0;
    for (int k = 60; k > 0; k--) {
      fraction = k / 2.0 / (magnitude + fraction);
    }
    double complement = Math.exp(-x * x) / Math.sqrt(Math.PI) / (magnitude + fraction);
    return Math.signum(x) * (1 - complement);
  }
}
