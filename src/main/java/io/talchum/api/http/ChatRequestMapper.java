package io.talchum.api.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.core.Caller;
import io.talchum.core.ChatRequest;
import io.talchum.core.SamplingRequest;
import io.talchum.core.ServeException;
import org.jspecify.annotations.Nullable;

/** The body of {@code POST /v1/chat/completions}. */
final class ChatRequestMapper {
  private ChatRequestMapper() {}

  /** The request, and how its answer is to be sent. */
  record Mapped(ChatRequest request, StreamChoice stream) {}

  static Mapped map(ObjectNode body, Caller caller) {
    Fields fields = RequestFields.CHAT.check("", body);
    SamplingRequest sampling =
        SamplingMapper.map(fields)
            .maxTokens(maxTokens(fields))
            .logprobs(fields.bool("logprobs"))
            .topLogprobs(fields.integer("top_logprobs"))
            .build();
    ChatRequest request =
        new ChatRequest(
            fields.text("model"),
            MixMapper.adapters(fields),
            MessageMapper.messages(fields),
            MessageMapper.template(fields),
            sampling,
            fields.integer("n", 1),
            TagsMapper.tags(fields),
            caller);
    return new Mapped(request, StreamChoice.map(fields));
  }

  /** OpenAI has renamed the field; both are known, but they must not contradict each other. */
  private static @Nullable Integer maxTokens(Fields fields) {
    Integer old = fields.integer("max_tokens");
    Integer current = fields.integer("max_completion_tokens");
    if (old != null && current != null && !old.equals(current)) {
      throw ServeException.invalid(
          "max_tokens",
          "max_tokens %d and max_completion_tokens %d contradict each other; send one"
              .formatted(old, current));
    }
    return current == null ? old : current;
  }
}
