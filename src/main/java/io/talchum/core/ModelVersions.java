package io.talchum.core;

import org.jspecify.annotations.Nullable;

/**
 * The exact versions that answer a request.
 *
 * @param baseName the base's name
 * @param baseVersion the base's content
 * @param adapterName null without an adapter
 * @param adapterVersion null without an adapter
 */
public record ModelVersions(
    String baseName,
    ContentHash baseVersion,
    @Nullable String adapterName,
    @Nullable ContentHash adapterVersion) {

  /** The name that clients use as {@code model}. */
  public String name() {
    return adapterName == null ? baseName : adapterName;
  }

  /** {@code name@version} with the abbreviated version, which selects exactly this version. */
  public String exactName() {
    ContentHash version = adapterVersion == null ? baseVersion : adapterVersion;
    return name() + "@" + version.abbreviated();
  }
}
