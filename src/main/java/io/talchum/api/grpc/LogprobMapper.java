package io.talchum.api.grpc;

import com.google.protobuf.ByteString;
import io.talchum.service.TokenDetail;
import io.talchum.v1.TokenLogprob;
import java.util.List;

/** Tokens with their log-probabilities. */
final class LogprobMapper {
  private LogprobMapper() {}

  static List<TokenLogprob> map(List<TokenDetail> tokens) {
    return tokens.stream().map(LogprobMapper::map).toList();
  }

  private static TokenLogprob map(TokenDetail token) {
    TokenLogprob.Builder wire =
        TokenLogprob.newBuilder()
            .setTokenId(token.tokenId())
            .setToken(ByteString.copyFrom(token.bytes()));
    Float logprob = token.logprob();
    if (logprob != null) {
      wire.setLogprob(logprob);
    }
    token.top().forEach(candidate -> wire.addTop(alternative(candidate)));
    return wire.build();
  }

  private static TokenLogprob.Alternative alternative(TokenDetail.Candidate candidate) {
    return TokenLogprob.Alternative.newBuilder()
        .setTokenId(candidate.tokenId())
        .setToken(ByteString.copyFrom(candidate.bytes()))
        .setLogprob(candidate.logprob())
        .build();
  }
}
