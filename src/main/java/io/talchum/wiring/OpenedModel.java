package io.talchum.wiring;

import io.talchum.adapter.BaseWeights;
import io.talchum.conditioning.ServedModel;
import io.talchum.model.ModelExecutor;

/**
 * The base model of this process: how requests see it, and its weights for readers of adapters.
 *
 * @param running what runs it
 */
public record OpenedModel(ServedModel served, OpenedExecutor running, BaseWeights base) {
  public ModelExecutor executor() {
    return running.executor();
  }

  /** Memory for beginnings of prompts; 0 for none. */
  public long prefixCacheBytes() {
    return running.prefixCacheBytes();
  }
}
