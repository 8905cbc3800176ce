package io.talchum.cli;

import java.util.List;

/**
 * What a server that has just started serves.
 *
 * @param url without a path
 * @param model name of the base
 * @param adapters names, in order
 * @param weightBytes of the model, mapped from disk
 * @param kvBytes of all slots
 * @param prefixCacheBytes most that the prefix cache takes; 0 if it is off
 * @param processBytes resident now; 0 if it cannot be told
 * @param keyRequired whether requests need an API key
 */
public record ServedOverview(
    String url,
    String model,
    String architecture,
    long parameters,
    String quantization,
    String headQuantization,
    String version,
    int slots,
    int contextTokens,
    List<String> adapters,
    long weightBytes,
    long kvBytes,
    long prefixCacheBytes,
    long processBytes,
    boolean keyRequired) {

  public ServedOverview {
    adapters = List.copyOf(adapters);
  }
}
