package io.talchum.api.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.talchum.core.ChatMessage;
import io.talchum.core.ChatRequest;
import io.talchum.core.CompletionRequest;
import io.talchum.core.PromptInput;
import io.talchum.core.SamplingRequest;
import io.talchum.core.TemplateOptions;
import io.talchum.core.ToolCall;
import io.talchum.core.WeightedAdapter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Domain requests as OpenAI's bodies. */
final class RequestJson {
  private RequestJson() {}

  static Map<String, Object> chat(ChatRequest request) {
    Map<String, Object> body = tokenize(request);
    body.put("adapters", adapters(request.adapters()));
    body.put("n", request.choices());
    sampling(body, request.sampling());
    body.put("logprobs", request.sampling().logprobs());
    body.put("top_logprobs", request.sampling().topLogprobs());
    return body;
  }

  static List<Map<String, Object>> adapters(List<WeightedAdapter> adapters) {
    return adapters.stream()
        .map(adapter -> Map.<String, Object>of("name", adapter.name(), "weight", adapter.weight()))
        .toList();
  }

  /** What concerns the prompt alone. */
  static Map<String, Object> tokenize(ChatRequest request) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("model", request.model());
    body.put("messages", request.messages().stream().map(RequestJson::message).toList());
    TemplateOptions template = request.template();
    body.put("chat_template_kwargs", template.variables());
    body.put("add_generation_prompt", template.addGenerationPrompt());
    body.put("continue_final_message", template.continueFinalMessage());
    body.put("tools", template.tools());
    body.put("documents", template.documents());
    body.put("chat_template", template.templateName());
    return body;
  }

  private static Map<String, Object> message(ChatMessage message) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("role", message.role().wireName());
    body.put("content", message.content());
    body.put("name", message.name());
    body.put("tool_call_id", message.toolCallId());
    body.put("reasoning_content", message.reasoning());
    body.put("tool_calls", message.toolCalls().stream().map(RequestJson::call).toList());
    return body;
  }

  private static Map<String, Object> call(ToolCall call) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("id", call.id());
    body.put("type", "function");
    body.put("function", Map.of("name", call.name(), "arguments", text(call.arguments())));
    return body;
  }

  /** The text of a JSON value. */
  static String text(Object value) {
    try {
      return new ObjectMapper().writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  static Map<String, Object> completion(CompletionRequest request) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("model", request.model());
    body.put("adapters", adapters(request.adapters()));
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
