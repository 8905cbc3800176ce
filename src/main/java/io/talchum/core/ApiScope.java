package io.talchum.core;

import java.util.Locale;

/** What an API key may be used for. */
public enum ApiScope {
  /** Answers, tokens, models: what a client of the model needs. */
  INFERENCE,
  /** Adapters: loading, storing, changing, deleting. */
  ADMIN,
  /** Reading metrics. */
  METRICS;

  /** As configuration and messages spell it. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
