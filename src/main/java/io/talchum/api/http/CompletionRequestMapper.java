package io.talchum.api.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.core.Caller;
import io.talchum.core.CompletionRequest;
import io.talchum.core.PromptInput;
import io.talchum.core.SamplingRequest;
import java.util.ArrayList;
import java.util.List;

/** The body of {@code POST /v1/completions}. */
final class CompletionRequestMapper {
  private CompletionRequestMapper() {}

  /** The request, and how its answer is to be sent. */
  record Mapped(CompletionRequest request, StreamChoice stream) {}

  static Mapped map(ObjectNode body, Caller caller) {
    Fields fields = RequestFields.COMPLETION.check("", body);
    Integer logprobs = fields.integer("logprobs");
    SamplingRequest sampling =
        SamplingMapper.map(fields)
            .logprobs(logprobs == null ? null : true)
            .topLogprobs(logprobs)
            .build();
    CompletionRequest request =
        new CompletionRequest(
            fields.text("model"),
            MixMapper.adapters(fields),
            prompts(fields),
            sampling,
            fields.integer("n", 1),
            fields.bool("echo", false),
            TagsMapper.tags(fields),
            caller);
    return new Mapped(request, StreamChoice.map(fields));
  }

  /** A string, token ids, or a list of either. */
  private static List<PromptInput> prompts(Fields fields) {
    JsonNode prompt = fields.node("prompt");
    if (prompt == null) {
      throw fields.missing("prompt");
    }
    if (prompt.isTextual()) {
      return List.of(new PromptInput.Text(Fields.text("prompt", prompt)));
    }
    if (!prompt.isArray()) {
      throw Fields.wrong("prompt", "a string, a list of token ids, or a list of those", prompt);
    }
    if (prompt.path(0).isNumber()) {
      return List.of(new PromptInput.Tokens(Fields.integers("prompt", prompt)));
    }
    List<PromptInput> prompts = new ArrayList<>(prompt.size());
    for (int i = 0; i < prompt.size(); i++) {
      prompts.add(element("prompt[" + i + "]", prompt.get(i)));
    }
    return prompts;
  }

  private static PromptInput element(String name, JsonNode element) {
    if (element.isArray()) {
      return new PromptInput.Tokens(Fields.integers(name, element));
    }
    if (!element.isTextual()) {
      throw Fields.wrong(name, "a string or a list of token ids", element);
    }
    return new PromptInput.Text(Fields.text(name, element));
  }
}
