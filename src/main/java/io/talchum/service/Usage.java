package io.talchum.service;

import java.util.OptionalInt;

/**
 * What a request cost.
 *
 * @param promptTokens each prompt counted once, however many choices
 * @param completionTokens of all choices so far
 * @param reasoningTokens how many of these were thought before the answers, marks included; empty
 *     where the model's template marks no thoughts
 */
public record Usage(int promptTokens, int completionTokens, OptionalInt reasoningTokens) {
  public int totalTokens() {
    return promptTokens + completionTokens;
  }
}
