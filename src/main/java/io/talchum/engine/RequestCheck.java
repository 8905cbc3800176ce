package io.talchum.engine;

import io.talchum.core.ErrorCode;
import io.talchum.core.SamplingParams;
import io.talchum.core.ServeException;

/**
 * Refuses requests that the engine could not run; ranges of wire fields are the service's task.
 *
 * @param maxPieceTokens of a prompt that may not be cut
 */
record RequestCheck(int vocabSize, int maxContextTokens, int maxPieceTokens) {

  /**
   * @throws ServeException INVALID_REQUEST or CONTEXT_LENGTH_EXCEEDED
   */
  void accept(GenerationRequest request) {
    SamplingParams sampling = request.sampling();
    int promptTokens = request.promptTokenIds().length;
    if (promptTokens == 0) {
      throw ServeException.invalid("prompt", "the prompt has no tokens; send at least one");
    }
    if (request.promptTokens() < 1 || request.promptTokens() > promptTokens) {
      throw ServeException.invalid("prompt", "the prompt of a completion has no tokens; send one");
    }
    int virtualTokens = request.virtualTokens();
    long room = (long) maxContextTokens - virtualTokens;
    if (promptTokens + Math.min(1L, sampling.maxTokens()) > room) {
      throw ServeException.of(
          ErrorCode.CONTEXT_LENGTH_EXCEEDED,
          "prompt",
          "the prompt has "
              + promptTokens
              + " tokens and leaves no room to generate in a context of "
              + maxContextTokens
              + (virtualTokens == 0 ? "" : " with the adapter's " + virtualTokens)
              + "; shorten it");
    }
    if (request.readsPromptWhole() && request.promptTokens() > maxPieceTokens) {
      throw ServeException.of(
          ErrorCode.CONTEXT_LENGTH_EXCEEDED,
          "prompt",
          "the prompt has %d tokens, but the adapter's gates average over the whole prompt, which can be %d tokens long; shorten it"
              .formatted(request.promptTokens(), maxPieceTokens));
    }
    for (int id : request.promptTokenIds()) {
      requireToken("prompt", id);
    }
    sampling.logitBias().keySet().forEach(id -> requireToken("logit_bias", id));
    sampling.stopTokenIds().forEach(id -> requireToken("stop_token_ids", id));
    if (sampling.stopStrings().contains("")) {
      throw ServeException.invalid("stop", "a stop string is empty; leave it out");
    }
    if (sampling.maxTokens() < 0 || sampling.minTokens() > sampling.maxTokens()) {
      throw ServeException.invalid(
          "max_tokens",
          "max_tokens "
              + sampling.maxTokens()
              + " must be at least 0 and at least min_tokens "
              + sampling.minTokens());
    }
  }

  private void requireToken(String param, int id) {
    if (id < 0 || id >= vocabSize) {
      throw ServeException.invalid(
          param, param + " names token " + id + "; the model's tokens are 0 to " + (vocabSize - 1));
    }
  }
}
