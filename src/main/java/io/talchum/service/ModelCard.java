package io.talchum.service;

import io.talchum.core.ContentHash;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A model that clients may name.
 *
 * @param parent the base's name; null for the base itself
 * @param contextTokens most tokens of prompt and completion together
 * @param created when it was taken into service
 * @param defaults what requests get that say nothing about sampling
 */
public record ModelCard(
    String name,
    ContentHash version,
    @Nullable String parent,
    int contextTokens,
    Instant created,
    SamplingDefaults defaults) {

  public String exactName() {
    return name + "@" + version.abbreviated();
  }
}
