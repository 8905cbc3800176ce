package io.talchum.conditioning;

import io.talchum.core.ChatMessage;
import io.talchum.core.TemplateOptions;
import io.talchum.core.ToolCall;
import io.talchum.text.ChatTemplate;
import io.talchum.text.ChatTemplateOptions;
import io.talchum.text.PromptSegment;
import io.talchum.text.ReasoningFormat;
import io.talchum.text.TemplateSet;
import io.talchum.text.Tokenizer;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Renders with the model's own chat templates. */
public final class TemplateRenderer implements PromptRenderer {
  private final TemplateSet templates;
  private final Tokenizer tokenizer;
  private final PromptTextLimit textLimit;
  private final Map<ChatTemplate, ReasoningFormat> formats = new IdentityHashMap<>();

  /**
   * @param contextTokens a prompt that cannot fit is refused before it is tokenized
   */
  public TemplateRenderer(TemplateSet templates, Tokenizer tokenizer, int contextTokens) {
    this.templates = templates;
    this.tokenizer = tokenizer;
    this.textLimit = new PromptTextLimit(tokenizer, contextTokens);
    for (ChatTemplate template : templates.byName().values()) {
      ReasoningFormat.of(template.source(), tokenizer)
          .ifPresent(format -> formats.put(template, format));
    }
  }

  @Override
  public RenderedChat render(List<ChatMessage> messages, TemplateOptions options) {
    ToolCheck.check(options.tools());
    ChatTemplate template = templates.choose(options.templateName(), !options.tools().isEmpty());
    List<PromptSegment> prompt =
        template.render(
            messages.stream().map(TemplateRenderer::variables).toList(),
            new ChatTemplateOptions(
                orNull(options.tools()),
                orNull(options.documents()),
                options.addGenerationPrompt(),
                options.continueFinalMessage(),
                options.variables()));
    textLimit.checkRendered(prompt);
    return new RenderedChat(
        tokenizer.encodePrompt(prompt),
        reasoning(formats.get(template), prompt, messages, options));
  }

  private static RenderedChat.@Nullable Reasoning reasoning(
      @Nullable ReasoningFormat format,
      List<PromptSegment> prompt,
      List<ChatMessage> messages,
      TemplateOptions options) {
    if (format == null) {
      return null;
    }
    boolean opened =
        options.continueFinalMessage()
            ? format.isOpenIn(messages.getLast().content())
            : format.isOpenAfter(prompt);
    return new RenderedChat.Reasoning(format, opened);
  }

  /** transformers gives templates None where a request has none. */
  private static @Nullable List<?> orNull(List<?> list) {
    return list.isEmpty() ? null : list;
  }

  private static Map<String, Object> variables(ChatMessage message) {
    Map<String, Object> variables = new LinkedHashMap<>();
    variables.put("role", message.role().wireName());
    variables.put("content", message.content());
    put(variables, "name", message.name());
    put(variables, "tool_call_id", message.toolCallId());
    put(variables, "reasoning_content", message.reasoning());
    if (!message.toolCalls().isEmpty()) {
      variables.put(
          "tool_calls", message.toolCalls().stream().map(TemplateRenderer::variables).toList());
    }
    return variables;
  }

  /** Arguments are an object, not its text, as transformers asks of templates' callers. */
  private static Map<String, Object> variables(ToolCall call) {
    Map<String, Object> variables = new LinkedHashMap<>();
    put(variables, "id", call.id());
    variables.put("type", "function");
    Map<String, Object> function = new LinkedHashMap<>();
    function.put("name", call.name());
    function.put("arguments", call.arguments());
    variables.put("function", function);
    return variables;
  }

  private static void put(Map<String, Object> variables, String name, @Nullable String value) {
    if (value != null) {
      variables.put(name, value);
    }
  }
}
