package io.talchum.adapter;

/** The two halves of a layer. */
public enum Sublayer {
  ATTENTION,
  MLP
}
