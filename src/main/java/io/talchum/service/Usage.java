package io.talchum.service;

/**
 * What a request cost.
 *
 * @param promptTokens each prompt counted once, however many choices
 * @param completionTokens of all choices so far
 */
public record Usage(int promptTokens, int completionTokens) {
  public int totalTokens() {
    return promptTokens + completionTokens;
  }
}
