package io.talchum.adapter;

/** Between the two projections of a bottleneck. */
public enum NonLinearity {
  IDENTITY,
  RELU,
  /** 0.01 x below zero. */
  LEAKY_RELU,
  /** Also called swish. */
  SILU,
  /** By the error function. */
  GELU,
  /** By the approximation with tanh. */
  GELU_TANH,
  TANH,
  SIGMOID
}
