package io.talchum.engine;

import java.util.Set;

/**
 * Fixed settings of an engine.
 *
 * @param eosTokenIds tokens that end a sequence unless it ignores them
 * @param queueCapacity most requests that wait for a slot; more are refused
 * @param backgroundCapacity the same of those in the background
 * @param prefillTokens most prompt tokens of one prefill step while other rows decode: bounds how
 *     long they stall
 * @param prefillTokensAlone the same while no row decodes: bounds how long a new request waits
 * @param prefixCacheBytes most host memory for prompts' beginnings; 0 for none
 */
public record EngineConfig(
    Set<Integer> eosTokenIds,
    int queueCapacity,
    int backgroundCapacity,
    int prefillTokens,
    int prefillTokensAlone,
    long prefixCacheBytes) {
  private static final int BACKGROUND_CAPACITY = 256;

  public EngineConfig {
    eosTokenIds = Set.copyOf(eosTokenIds);
    if (queueCapacity < 1
        || backgroundCapacity < 1
        || prefillTokens < 1
        || prefillTokensAlone < prefillTokens) {
      throw new IllegalArgumentException(
          "need capacities of at least 1 and 1 <= prefillTokens <= prefillTokensAlone, got %d, %d, %d, %d"
              .formatted(queueCapacity, backgroundCapacity, prefillTokens, prefillTokensAlone));
    }
  }

  /** 256 requests may wait in the background. */
  public EngineConfig(
      Set<Integer> eosTokenIds,
      int queueCapacity,
      int prefillTokens,
      int prefillTokensAlone,
      long prefixCacheBytes) {
    this(
        eosTokenIds,
        queueCapacity,
        BACKGROUND_CAPACITY,
        prefillTokens,
        prefillTokensAlone,
        prefixCacheBytes);
  }

  /** Without a prefix cache. */
  public EngineConfig(
      Set<Integer> eosTokenIds, int queueCapacity, int prefillTokens, int prefillTokensAlone) {
    this(eosTokenIds, queueCapacity, prefillTokens, prefillTokensAlone, 0);
  }

  /** 256 waiting requests, prefill in pieces of 32 tokens between decode steps, else 128. */
  public static EngineConfig withDefaults(Set<Integer> eosTokenIds) {
    return new EngineConfig(eosTokenIds, 256, 32, 128);
  }

  /** Most requests of the class that wait. */
  int capacity(RequestClass requestClass) {
    return switch (requestClass) {
      case ONLINE -> queueCapacity;
      case BACKGROUND -> backgroundCapacity;
    };
  }

  /** The same with prefill steps of at most this many tokens. */
  EngineConfig limitedTo(int tokens) {
    return new EngineConfig(
        eosTokenIds,
        queueCapacity,
        backgroundCapacity,
        Math.min(prefillTokens, tokens),
        Math.min(prefillTokensAlone, tokens),
        prefixCacheBytes);
  }
}
