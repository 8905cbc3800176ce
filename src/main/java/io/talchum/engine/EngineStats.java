package io.talchum.engine;

import io.talchum.adapter.AdapterId;
import io.talchum.engine.prefix.PrefixCacheStats;
import java.time.Duration;
import java.util.Map;

/**
 * The engine at the end of a step.
 *
 * @param running requests that have a slot and somebody waits for
 * @param waiting those of them that are accepted and have no slot yet
 * @param backgroundRunning the same of requests in the background
 * @param backgroundWaiting the same of those
 * @param kvUsedFraction occupied positions of all slots, 0..1
 * @param adapters requests that somebody waits for per adapter, those of the bare base left out
 * @param promptTokens prefilled since the start
 * @param completionTokens generated since the start
 * @param decodeTime time in the model for decode steps since the start
 * @param prefillTime the same for prefill steps
 * @param slotTime mean time for which requests hold their slots: of those that ended lately, or of
 *     those that run if they have had them for longer
 * @param prefixCache what was reused of prompts
 */
public record EngineStats(
    int running,
    int waiting,
    int backgroundRunning,
    int backgroundWaiting,
    int slots,
    double kvUsedFraction,
    Map<AdapterId, AdapterLoad> adapters,
    long promptTokens,
    long completionTokens,
    long decodeSteps,
    long prefillSteps,
    Duration decodeTime,
    Duration prefillTime,
    Duration slotTime,
    PrefixCacheStats prefixCache) {

  /** Requests of one adapter version. */
  public record AdapterLoad(int running, int waiting) {}

  /** How long a request that comes now will wait for a slot: whole seconds, 1 to 60. */
  public Duration expectedWait() {
    return WaitEstimate.of(waiting, slots, slotTime);
  }

  EngineStats withWaiting(int online, int background) {
    return new EngineStats(
        running,
        online,
        backgroundRunning,
        background,
        slots,
        kvUsedFraction,
        adapters,
        promptTokens,
        completionTokens,
        decodeSteps,
        prefillSteps,
        decodeTime,
        prefillTime,
        slotTime,
        prefixCache);
  }
}
