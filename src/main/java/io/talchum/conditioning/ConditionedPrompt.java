package io.talchum.conditioning;

import io.talchum.core.SamplingParams;

/**
 * What the engine is given for one prompt, the adapter aside.
 *
 * @param tokenIds at least one
 * @param sampling of the first choice; further choices differ only in the seed
 */
public record ConditionedPrompt(int[] tokenIds, SamplingParams sampling) {}
