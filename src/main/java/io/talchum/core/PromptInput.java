package io.talchum.core;

import java.util.List;

/** A prompt as text or as token ids. */
public sealed interface PromptInput {
  record Text(String text) implements PromptInput {}

  record Tokens(List<Integer> tokenIds) implements PromptInput {
    public Tokens {
      tokenIds = List.copyOf(tokenIds);
    }
  }
}
