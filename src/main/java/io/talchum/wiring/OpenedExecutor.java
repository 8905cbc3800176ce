package io.talchum.wiring;

import io.talchum.model.ModelExecutor;

/**
 * An executor with what was chosen for it.
 *
 * @param products how quantized matrices are multiplied, for people
 * @param kvBytes of all slots
 * @param prefixCacheBytes memory for beginnings of prompts; 0 for none
 * @param prefillTokens prompt tokens of one step while other requests decode
 * @param prefillTokensAlone the same while nothing decodes
 */
public record OpenedExecutor(
    ModelExecutor executor,
    String products,
    long kvBytes,
    long prefixCacheBytes,
    int prefillTokens,
    int prefillTokensAlone) {}
