package io.talchum.core;

/** Why a sequence ended; computed by the engine, never assumed. */
public enum FinishReason {
  /** An end-of-sequence token, a stop token or a stop string. */
  STOP,
  /** max_tokens reached, or the context is full. */
  LENGTH
}
