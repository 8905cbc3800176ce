package io.talchum.api.grpc;

import io.talchum.core.ServeException;
import io.talchum.service.TokenizeService;
import io.talchum.v1.TokenizeRequest;
import io.talchum.v1.TokenizeResponse;
import io.talchum.v1.TokenizerInfo;

/** Messages of {@code talchum.v1.TokenizeService}. */
final class TokenMapper {
  private TokenMapper() {}

  /** Refuses fields that belong to the other kind of input. */
  static void check(TokenizeRequest request) {
    if (request.hasPrompt() == (request.getMessagesCount() > 0)) {
      throw ServeException.invalid(
          "prompt",
          request.hasPrompt()
              ? "prompt and messages exclude each other; send one of them"
              : "prompt and messages are missing; send one of them");
    }
    if (request.hasPrompt() && request.hasTemplate()) {
      throw ServeException.invalid("template", "template needs messages; leave it out");
    }
    if (!request.hasPrompt() && request.hasAddSpecialTokens()) {
      throw ServeException.invalid(
          "add_special_tokens", "add_special_tokens needs a prompt; leave it out");
    }
  }

  static TokenizeResponse tokens(TokenizeService.Tokens tokens) {
    return TokenizeResponse.newBuilder()
        .addAllTokenIds(tokens.ids())
        .addAllTokens(tokens.spellings())
        .setContextTokens(tokens.contextTokens())
        .build();
  }

  static TokenizerInfo info(TokenizeService.Info info) {
    TokenizerInfo.Builder wire =
        TokenizerInfo.newBuilder()
            .setContextTokens(info.contextTokens())
            .setVocabularySize(info.vocabularySize());
    if (info.bosToken() != null) {
      wire.setBosToken(info.bosToken());
    }
    if (info.eosToken() != null) {
      wire.setEosToken(info.eosToken());
    }
    if (info.padToken() != null) {
      wire.setPadToken(info.padToken());
    }
    if (info.chatTemplate() != null) {
      wire.setChatTemplate(info.chatTemplate());
    }
    return wire.build();
  }
}
