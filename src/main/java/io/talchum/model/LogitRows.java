package io.talchum.model;

/** Which tokens of a prefill want logits. */
public enum LogitRows {
  NONE,
  LAST,
  ALL
}
