package io.talchum.wiring;

import io.talchum.adapter.BaseWeights;
import io.talchum.conditioning.ServedModel;
import io.talchum.model.ModelExecutor;

/**
 * The base model of this process: how requests see it, what runs it, and its weights for readers of
 * adapters.
 *
 * @param prefixCacheBytes memory for beginnings of prompts; 0 for none
 */
public record OpenedModel(
    ServedModel served, ModelExecutor executor, BaseWeights base, long prefixCacheBytes) {}
