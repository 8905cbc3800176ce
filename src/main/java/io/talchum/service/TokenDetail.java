package io.talchum.service;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A token with its log-probability, spelled out.
 *
 * @param bytes what the token stands for in the text, as UTF-8 that may be an incomplete character
 * @param logprob nats; null for a prompt's first token
 * @param top best first
 */
public record TokenDetail(int tokenId, byte[] bytes, @Nullable Float logprob, List<Candidate> top) {

  /** One alternative. */
  public record Candidate(int tokenId, byte[] bytes, float logprob) {}

  public TokenDetail {
    top = List.copyOf(top);
  }
}
