package io.talchum.adapter;

/**
 * What a request for an adapter is checked against before anything is loaded.
 *
 * @param variants how many requests may name, as {@code name:0}; 0 if it does the same for all
 * @param virtualTokens positions of the context that it takes in front of every prompt
 */
public record AdapterFacts(int variants, int virtualTokens) {
  /** Most kinds. */
  public static final AdapterFacts PLAIN = new AdapterFacts(0, 0);
}
