package io.talchum.core;

import java.util.Locale;

/** Who speaks in a chat; {@code developer} on the wire is {@link #SYSTEM}. */
public enum ChatRole {
  SYSTEM,
  USER,
  ASSISTANT,
  TOOL;

  /** The spelling that chat templates and clients use. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
