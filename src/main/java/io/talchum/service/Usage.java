package io.talchum.service;

import java.util.OptionalInt;

/**
 * What a request cost.
 *
 * @param promptTokens each prompt counted once, however many choices
 * @param cachedTokens how many of these were there already when the request came, and not read
 *     again; empty until all choices have ended
 * @param completionTokens of all choices so far
 * @param reasoningTokens how many of these were thought before the answers, marks included; empty
 *     where the model's template marks no thoughts
 */
public record Usage(
    int promptTokens, OptionalInt cachedTokens, int completionTokens, OptionalInt reasoningTokens) {
  public int totalTokens() {
    return promptTokens + completionTokens;
  }
}
