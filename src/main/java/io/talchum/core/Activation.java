package io.talchum.core;

/** The non-linear function of an MLP. */
public enum Activation {
  /** x * sigmoid(x). */
  SILU,
  /** 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))). */
  GELU_TANH
}
