package io.talchum.cli;

import java.util.List;

/**
 * What a server that has just started serves.
 *
 * @param url without a path
 * @param model name of the base
 * @param products how quantized matrices are multiplied
 * @param adapters names, in order
 * @param memory what it may take
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
    String products,
    int slots,
    int contextTokens,
    List<String> adapters,
    Memory memory,
    boolean keyRequired) {

  /**
   * Bytes.
   *
   * @param weights of the model, mapped from disk
   * @param kv of all slots
   * @param prefixCache most that it takes; 0 if it is off
   * @param adapters most that residents, loads and self-tests of adapters take
   * @param heap most that the Java heap takes
   * @param reserve planned for all else
   * @param resident of the process now; 0 if it cannot be told
   */
  public record Memory(
      long weights,
      long kv,
      long prefixCache,
      long adapters,
      long heap,
      long reserve,
      long resident) {}

  public ServedOverview {
    adapters = List.copyOf(adapters);
  }
}
