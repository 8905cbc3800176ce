package io.talchum.service;

import io.talchum.core.WeightedAdapter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A mix that is to be kept as a version of a stored name.
 *
 * @param name that gets the version
 * @param combinationType, density, majoritySignMethod as PEFT's {@code add_weighted_adapter} has
 *     them
 * @param seed of what is dropped at random
 * @param activate whether it becomes the current version of a name that has one
 */
public record MixRequest(
    String name,
    List<WeightedAdapter> adapters,
    String combinationType,
    @Nullable Double density,
    @Nullable String majoritySignMethod,
    @Nullable Long seed,
    boolean activate) {
  public MixRequest {
    adapters = List.copyOf(adapters);
  }
}
