package io.talchum.core;

import java.util.Locale;

/** The places in a layer where a norm can act, in the order in which they run. */
public enum Norm {
  /** Before attention. */
  INPUT,
  /** On the queries, before they are rotated. */
  QUERY,
  /** On the keys, before they are rotated. */
  KEY,
  /** On what attention adds to the residual stream. */
  ATTENTION_OUTPUT,
  /** Before the MLP. */
  MLP_INPUT,
  /** On what the MLP adds to the residual stream. */
  MLP_OUTPUT;

  /** Name of the weight in the model package, after {@code layers.N.}. */
  public String tensor() {
    return name().toLowerCase(Locale.ROOT) + "_norm";
  }
}
