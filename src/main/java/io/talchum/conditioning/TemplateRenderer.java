package io.talchum.conditioning;

import io.talchum.core.ChatMessage;
import io.talchum.core.TemplateOptions;
import io.talchum.text.ChatTemplate;
import io.talchum.text.ChatTemplateOptions;
import io.talchum.text.Tokenizer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Renders with the model's own chat template. */
public final class TemplateRenderer implements PromptRenderer {
  private final ChatTemplate template;
  private final Tokenizer tokenizer;

  public TemplateRenderer(ChatTemplate template, Tokenizer tokenizer) {
    this.template = template;
    this.tokenizer = tokenizer;
  }

  @Override
  public int[] render(List<ChatMessage> messages, TemplateOptions options) {
    return tokenizer.encodePrompt(
        template.render(
            messages.stream().map(TemplateRenderer::variables).toList(),
            new ChatTemplateOptions(
                null,
                null,
                options.addGenerationPrompt(),
                options.continueFinalMessage(),
                options.variables())));
  }

  private static Map<String, Object> variables(ChatMessage message) {
    Map<String, Object> variables = new HashMap<>();
    variables.put("role", message.role().wireName());
    variables.put("content", message.content());
    if (message.name() != null) {
      variables.put("name", message.name());
    }
    if (message.toolCallId() != null) {
      variables.put("tool_call_id", message.toolCallId());
    }
    return variables;
  }
}
