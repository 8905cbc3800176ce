package io.talchum.engine;

import java.util.List;

/**
 * A token with its log-probability under the model's own distribution (after penalties and bias,
 * before temperature and truncation), nats.
 *
 * @param top the most likely alternatives, best first, as many as asked for
 */
public record TokenLogprob(int tokenId, float logprob, List<Candidate> top) {
  /** One alternative. */
  public record Candidate(int tokenId, float logprob) {}

  public TokenLogprob {
    top = List.copyOf(top);
  }
}
