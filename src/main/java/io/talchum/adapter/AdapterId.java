package io.talchum.adapter;

import io.talchum.core.ContentHash;

/**
 * One immutable version of a named adapter.
 *
 * @param name the alias that clients use as {@code model}
 * @param version SHA-256 of the adapter's content
 */
public record AdapterId(String name, ContentHash version) {
  /** {@code name@version} with the abbreviated version, as clients may ask for it. */
  @Override
  public String toString() {
    return name + "@" + version.abbreviated();
  }
}
