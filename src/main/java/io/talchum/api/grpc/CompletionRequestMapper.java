package io.talchum.api.grpc;

import io.talchum.core.Caller;
import io.talchum.core.CompletionRequest;
import io.talchum.core.PromptInput;
import io.talchum.v1.Prompt;
import java.util.ArrayList;
import java.util.List;

/** {@code talchum.v1.CompletionRequest}. */
final class CompletionRequestMapper {
  private CompletionRequestMapper() {}

  static CompletionRequest map(io.talchum.v1.CompletionRequest request, Caller caller) {
    return new CompletionRequest(
        request.hasModel() ? request.getModel() : null,
        MixMapper.adapters(request.getAdaptersList()),
        prompts(request.getPromptList()),
        SamplingMapper.map(request.getSampling()),
        request.hasN() ? request.getN() : 1,
        request.getEcho(),
        caller);
  }

  private static List<PromptInput> prompts(List<Prompt> wire) {
    if (wire.isEmpty()) {
      throw Required.missing("prompt");
    }
    List<PromptInput> prompts = new ArrayList<>(wire.size());
    for (int i = 0; i < wire.size(); i++) {
      Prompt prompt = wire.get(i);
      prompts.add(
          switch (prompt.getInputCase()) {
            case TEXT -> new PromptInput.Text(prompt.getText());
            case TOKEN_IDS -> new PromptInput.Tokens(prompt.getTokenIds().getIdsList());
            case INPUT_NOT_SET -> throw Required.missing("prompt[" + i + "]");
          });
    }
    return prompts;
  }
}
