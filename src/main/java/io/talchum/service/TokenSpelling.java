package io.talchum.service;

import io.talchum.engine.TokenLogprob;
import io.talchum.text.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Spells out token ids for clients. */
final class TokenSpelling {
  private final Tokenizer tokenizer;

  TokenSpelling(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  TokenDetail detail(TokenLogprob token) {
    return new TokenDetail(
        token.tokenId(), bytes(token.tokenId()), token.logprob(), candidates(token));
  }

  /**
   * The whole prompt.
   *
   * @param scored the prompt's tokens but the first
   */
  List<TokenDetail> prompt(int[] tokenIds, List<TokenLogprob> scored) {
    List<TokenDetail> details = new ArrayList<>(tokenIds.length);
    details.add(new TokenDetail(tokenIds[0], bytes(tokenIds[0]), null, List.of()));
    scored.forEach(token -> details.add(detail(token)));
    return details;
  }

  private List<TokenDetail.Candidate> candidates(TokenLogprob token) {
    return token.top().stream()
        .map(c -> new TokenDetail.Candidate(c.tokenId(), bytes(c.tokenId()), c.logprob()))
        .toList();
  }

  private byte[] bytes(int tokenId) {
    byte[] bytes = tokenizer.bytes(tokenId);
    return bytes.length > 0 ? bytes : tokenizer.token(tokenId).getBytes(StandardCharsets.UTF_8);
  }
}
