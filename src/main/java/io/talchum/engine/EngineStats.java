package io.talchum.engine;

import io.talchum.adapter.AdapterId;
import io.talchum.engine.prefix.PrefixCacheStats;
import java.time.Duration;
import java.util.Map;

/**
 * The engine at the end of a step.
 *
 * @param running requests that have a slot
 * @param waiting accepted requests without one
 * @param kvUsedFraction occupied positions of all slots, 0..1
 * @param adapters requests per adapter, those of the bare base left out
 * @param promptTokens prefilled since the start
 * @param completionTokens generated since the start
 * @param decodeTime time in the model for decode steps since the start
 * @param prefillTime the same for prefill steps
 * @param prefixCache what was reused of prompts
 */
public record EngineStats(
    int running,
    int waiting,
    int slots,
    double kvUsedFraction,
    Map<AdapterId, AdapterLoad> adapters,
    long promptTokens,
    long completionTokens,
    long decodeSteps,
    long prefillSteps,
    Duration decodeTime,
    Duration prefillTime,
    PrefixCacheStats prefixCache) {

  /** Requests of one adapter version. */
  public record AdapterLoad(int running, int waiting) {}

  EngineStats withWaiting(int now) {
    return new EngineStats(
        running,
        now,
        slots,
        kvUsedFraction,
        adapters,
        promptTokens,
        completionTokens,
        decodeSteps,
        prefillSteps,
        decodeTime,
        prefillTime,
        prefixCache);
  }
}
