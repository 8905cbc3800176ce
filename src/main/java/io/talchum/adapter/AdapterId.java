package io.talchum.adapter;

import io.talchum.core.ContentHash;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/**
 * One immutable version of a named adapter.
 *
 * @param name the alias that clients use as {@code model}
 * @param version SHA-256 of the adapter's content
 */
public record AdapterId(String name, ContentHash version) {
  /** One variant of an adapter that has several: as different as two adapters. */
  AdapterId ofVariant(int variant) {
    MessageDigest digest = ContentHash.newDigest();
    digest.update((version.hex() + ":" + variant).getBytes(StandardCharsets.US_ASCII));
    return new AdapterId(name + ":" + variant, ContentHash.of(digest));
  }

  /** {@code name@version} with the abbreviated version, as clients may ask for it. */
  @Override
  public String toString() {
    return name + "@" + version.abbreviated();
  }
}
