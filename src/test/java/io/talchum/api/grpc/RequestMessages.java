package io.talchum.api.grpc;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.talchum.core.ChatMessage;
import io.talchum.core.ChatRequest;
import io.talchum.core.CompletionRequest;
import io.talchum.core.PromptInput;
import io.talchum.core.SamplingRequest;
import io.talchum.core.WeightedAdapter;
import io.talchum.v1.Prompt;
import io.talchum.v1.Role;
import io.talchum.v1.Sampling;
import io.talchum.v1.TemplateOptions;
import io.talchum.v1.TokenIds;
import io.talchum.v1.TokenizeRequest;
import io.talchum.v1.ToolCall;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Domain requests as protobuf messages. */
final class RequestMessages {
  private RequestMessages() {}

  static io.talchum.v1.ChatRequest chat(ChatRequest request) {
    io.talchum.v1.ChatRequest.Builder wire = io.talchum.v1.ChatRequest.newBuilder();
    Optional.ofNullable(request.model()).ifPresent(wire::setModel);
    wire.addAllAdapters(adapters(request.adapters()));
    request.messages().forEach(message -> wire.addMessages(message(message)));
    return wire.setN(request.choices())
        .setSampling(sampling(request.sampling()))
        .setTemplate(template(request.template()))
        .build();
  }

  static List<io.talchum.v1.WeightedAdapter> adapters(List<WeightedAdapter> adapters) {
    return adapters.stream()
        .map(
            adapter ->
                io.talchum.v1.WeightedAdapter.newBuilder()
                    .setName(adapter.name())
                    .setWeight(adapter.weight())
                    .build())
        .toList();
  }

  static TokenizeRequest tokenize(ChatRequest request) {
    TokenizeRequest.Builder wire = TokenizeRequest.newBuilder();
    request.messages().forEach(message -> wire.addMessages(message(message)));
    return wire.setTemplate(template(request.template())).build();
  }

  private static TemplateOptions template(io.talchum.core.TemplateOptions template) {
    TemplateOptions.Builder wire =
        TemplateOptions.newBuilder()
            .setAddGenerationPrompt(template.addGenerationPrompt())
            .setContinueFinalMessage(template.continueFinalMessage())
            .setChatTemplateKwargs(struct(template.variables()));
    template.tools().forEach(tool -> wire.addTools(json(tool)));
    template.documents().forEach(document -> wire.addDocuments(json(document)));
    Optional.ofNullable(template.templateName()).ifPresent(wire::setChatTemplate);
    return wire.build();
  }

  private static String json(Object value) {
    try {
      return new ObjectMapper().writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  static io.talchum.v1.CompletionRequest completion(CompletionRequest request) {
    io.talchum.v1.CompletionRequest.Builder wire = io.talchum.v1.CompletionRequest.newBuilder();
    Optional.ofNullable(request.model()).ifPresent(wire::setModel);
    wire.addAllAdapters(adapters(request.adapters()));
    request.prompts().forEach(prompt -> wire.addPrompt(prompt(prompt)));
    return wire.setN(request.choices())
        .setEcho(request.echo())
        .setSampling(sampling(request.sampling()))
        .build();
  }

  private static Struct struct(Map<String, Object> texts) {
    Struct.Builder struct = Struct.newBuilder();
    texts.forEach(
        (name, text) ->
            struct.putFields(name, Value.newBuilder().setStringValue((String) text).build()));
    return struct.build();
  }

  private static io.talchum.v1.ChatMessage message(ChatMessage message) {
    Role role =
        switch (message.role()) {
          case SYSTEM -> Role.ROLE_SYSTEM;
          case USER -> Role.ROLE_USER;
          case ASSISTANT -> Role.ROLE_ASSISTANT;
          case TOOL -> Role.ROLE_TOOL;
        };
    io.talchum.v1.ChatMessage.Builder wire =
        io.talchum.v1.ChatMessage.newBuilder().setRole(role).setContent(message.content());
    Optional.ofNullable(message.name()).ifPresent(wire::setName);
    Optional.ofNullable(message.toolCallId()).ifPresent(wire::setToolCallId);
    Optional.ofNullable(message.reasoning()).ifPresent(wire::setReasoningContent);
    for (io.talchum.core.ToolCall call : message.toolCalls()) {
      ToolCall.Builder called =
          ToolCall.newBuilder().setName(call.name()).setArguments(json(call.arguments()));
      Optional.ofNullable(call.id()).ifPresent(called::setId);
      wire.addToolCalls(called);
    }
    return wire.build();
  }

  private static Prompt prompt(PromptInput prompt) {
    return switch (prompt) {
      case PromptInput.Text text -> Prompt.newBuilder().setText(text.text()).build();
      case PromptInput.Tokens tokens ->
          Prompt.newBuilder()
              .setTokenIds(TokenIds.newBuilder().addAllIds(tokens.tokenIds()))
              .build();
    };
  }

  private static Sampling sampling(SamplingRequest sampling) {
    Sampling.Builder wire = Sampling.newBuilder();
    Optional.ofNullable(sampling.temperature()).ifPresent(wire::setTemperature);
    Optional.ofNullable(sampling.topP()).ifPresent(wire::setTopP);
    Optional.ofNullable(sampling.topK()).ifPresent(wire::setTopK);
    Optional.ofNullable(sampling.minP()).ifPresent(wire::setMinP);
    Optional.ofNullable(sampling.presencePenalty()).ifPresent(wire::setPresencePenalty);
    Optional.ofNullable(sampling.frequencyPenalty()).ifPresent(wire::setFrequencyPenalty);
    Optional.ofNullable(sampling.repetitionPenalty()).ifPresent(wire::setRepetitionPenalty);
    Optional.ofNullable(sampling.seed()).ifPresent(wire::setSeed);
    wire.putAllLogitBias(sampling.logitBias());
    wire.addAllStop(sampling.stopStrings());
    wire.addAllStopTokenIds(sampling.stopTokenIds());
    Optional.ofNullable(sampling.maxTokens()).ifPresent(wire::setMaxTokens);
    Optional.ofNullable(sampling.minTokens()).ifPresent(wire::setMinTokens);
    Optional.ofNullable(sampling.ignoreEos()).ifPresent(wire::setIgnoreEos);
    Optional.ofNullable(sampling.logprobs()).ifPresent(wire::setLogprobs);
    Optional.ofNullable(sampling.topLogprobs()).ifPresent(wire::setTopLogprobs);
    return wire.build();
  }
}
