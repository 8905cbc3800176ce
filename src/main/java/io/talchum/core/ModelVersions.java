package io.talchum.core;

import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The exact versions that answer a request.
 *
 * @param baseName the base's name
 * @param baseVersion the base's content
 * @param adapterName null without an adapter
 * @param adapterVersion null without an adapter
 * @param mix the adapters of a mix, which then has neither name nor version
 */
public record ModelVersions(
    String baseName,
    ContentHash baseVersion,
    @Nullable String adapterName,
    @Nullable ContentHash adapterVersion,
    List<Part> mix) {

  public ModelVersions {
    mix = List.copyOf(mix);
  }

  /** Without a mix. */
  public ModelVersions(
      String baseName,
      ContentHash baseVersion,
      @Nullable String adapterName,
      @Nullable ContentHash adapterVersion) {
    this(baseName, baseVersion, adapterName, adapterVersion, List.of());
  }

  /** An adapter of a mix. */
  public record Part(String name, ContentHash version, double weight) {
    /** {@code name@version} with the abbreviated version. */
    public String exactName() {
      return name + "@" + version.abbreviated();
    }
  }

  /** The name that clients use as {@code model}. */
  public String name() {
    return adapterName == null ? baseName : adapterName;
  }

  /**
   * {@code name@version} with the abbreviated version, which selects exactly this version; of a mix
   * its adapters with their weights, {@code 0.5*a@version+0.3*b@version}.
   */
  public String exactName() {
    if (!mix.isEmpty()) {
      return mix.stream()
          .map(part -> part.weight() + "*" + part.exactName())
          .collect(Collectors.joining("+"));
    }
    ContentHash version = adapterVersion == null ? baseVersion : adapterVersion;
    return name() + "@" + version.abbreviated();
  }
}
