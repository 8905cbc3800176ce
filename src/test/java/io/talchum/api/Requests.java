package io.talchum.api;

import io.talchum.core.Caller;
import io.talchum.core.ChatMessage;
import io.talchum.core.ChatRequest;
import io.talchum.core.ChatRole;
import io.talchum.core.CompletionRequest;
import io.talchum.core.PromptInput;
import io.talchum.core.SamplingRequest;
import io.talchum.core.TemplateOptions;
import io.talchum.core.WeightedAdapter;
import java.util.List;
import java.util.Map;

/** Requests as the contract suites send them. */
final class Requests {
  private Requests() {}

  static ChatRequest chat(String model, String content, SamplingRequest.Builder sampling) {
    return chat(model, content, sampling, 1);
  }

  static ChatRequest chat(
      String model, String content, SamplingRequest.Builder sampling, int choices) {
    return new ChatRequest(
        model,
        List.of(new ChatMessage(ChatRole.USER, content)),
        TemplateOptions.DEFAULT,
        sampling.build(),
        choices,
        Caller.ANONYMOUS);
  }

  /** A chat with a mix on the base. */
  static ChatRequest mixed(
      String content, SamplingRequest.Builder sampling, WeightedAdapter... adapters) {
    return new ChatRequest(
        null,
        List.of(adapters),
        List.of(new ChatMessage(ChatRole.USER, content)),
        TemplateOptions.DEFAULT,
        sampling.build(),
        1,
        Caller.ANONYMOUS);
  }

  /** A chat whose answer begins with a thought that this letter ends. */
  static ChatRequest thinking(String close, SamplingRequest.Builder sampling, int choices) {
    return new ChatRequest(
        LetterModel.NAME,
        List.of(new ChatMessage(ChatRole.USER, "hi")),
        new TemplateOptions(true, false, Map.of("close", close)),
        sampling.build(),
        choices,
        Caller.ANONYMOUS);
  }

  static CompletionRequest completion(
      String model, SamplingRequest.Builder sampling, PromptInput... prompts) {
    return new CompletionRequest(
        model, List.of(prompts), sampling.build(), 1, false, Caller.ANONYMOUS);
  }

  /** Greedy unless the caller says more. */
  static SamplingRequest.Builder tokens(int maxTokens) {
    return SamplingRequest.builder().maxTokens(maxTokens).temperature(0f);
  }
}
