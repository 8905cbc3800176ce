package io.talchum.core;

/**
 * One adapter of a mix, as a client names it.
 *
 * @param name {@code name} or {@code name@version}
 * @param weight what its change is multiplied by
 */
public record WeightedAdapter(String name, double weight) {}
