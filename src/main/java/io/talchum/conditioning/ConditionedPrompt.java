package io.talchum.conditioning;

import io.talchum.core.SamplingParams;
import org.jspecify.annotations.Nullable;

/**
 * What the engine is given for one prompt, the adapter aside.
 *
 * @param tokenIds at least one
 * @param sampling of the first choice; further choices differ only in the seed
 * @param reasoning how the answer marks its thought; null if all of it is the answer
 */
public record ConditionedPrompt(
    int[] tokenIds, SamplingParams sampling, RenderedChat.@Nullable Reasoning reasoning) {}
