package io.talchum.core;

/**
 * The MLP of a layer.
 *
 * @param gated whether it is down(activation(gate(x)) * up(x)), else down(activation(up(x)))
 */
public record MlpSpec(Activation activation, boolean gated) {}
