package io.talchum.api.http;

import io.talchum.core.ChatMessage;
import io.talchum.core.ChatRequest;
import io.talchum.core.CompletionRequest;
import io.talchum.core.PromptInput;
import io.talchum.core.SamplingRequest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Domain requests as OpenAI's bodies. */
final class RequestJson {
  private RequestJson() {}

  static Map<String, Object> chat(ChatRequest request) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("model", request.model());
    List<Object> messages = new ArrayList<>();
    for (ChatMessage message : request.messages()) {
      messages.add(Map.of("role", message.role().wireName(), "content", message.content()));
    }
    body.put("messages", messages);
    body.put("n", request.choices());
    sampling(body, request.sampling());
    body.put("logprobs", request.sampling().logprobs());
    body.put("top_logprobs", request.sampling().topLogprobs());
    return body;
  }

  static Map<String, Object> completion(CompletionRequest request) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("model", request.model());
    body.put("prompt", prompts(request.prompts()));
    body.put("n", request.choices());
    body.put("echo", request.echo());
    sampling(body, request.sampling());
    body.put("logprobs", request.sampling().topLogprobs());
    return body;
  }

  /** OpenAI does not mix texts and ids in one list, but the server does not mind. */
  private static List<Object> prompts(List<PromptInput> prompts) {
    List<Object> values = new ArrayList<>();
    for (PromptInput prompt : prompts) {
      values.add(
          switch (prompt) {
            case PromptInput.Text text -> text.text();
            case PromptInput.Tokens tokens -> tokens.tokenIds();
          });
    }
    return values;
  }

  private static void sampling(Map<String, Object> body, SamplingRequest sampling) {
    body.put("temperature", sampling.temperature());
    body.put("top_p", sampling.topP());
    body.put("top_k", sampling.topK());
    body.put("min_p", sampling.minP());
    body.put("presence_penalty", sampling.presencePenalty());
    body.put("frequency_penalty", sampling.frequencyPenalty());
    body.put("repetition_penalty", sampling.repetitionPenalty());
    body.put("seed", sampling.seed());
    body.put("logit_bias", sampling.logitBias());
    body.put("stop", sampling.stopStrings());
    body.put("stop_token_ids", sampling.stopTokenIds());
    body.put("max_tokens", sampling.maxTokens());
    body.put("min_tokens", sampling.minTokens());
    body.put("ignore_eos", sampling.ignoreEos());
  }
}
