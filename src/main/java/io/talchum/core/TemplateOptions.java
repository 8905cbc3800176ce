package io.talchum.core;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How the chat template is rendered. Data are JSON values as String, Number, Boolean, List, Map and
 * null.
 *
 * @param addGenerationPrompt whether the text ends with the opening of the assistant's turn
 * @param continueFinalMessage whether the last message is left open for the model to go on
 * @param variables further template variables ({@code chat_template_kwargs}), none of them null
 * @param tools functions that the model may call; empty for none
 * @param documents passages that the answer may use; empty for none
 * @param templateName which of the model's templates; null chooses as transformers does
 */
public record TemplateOptions(
    boolean addGenerationPrompt,
    boolean continueFinalMessage,
    Map<String, Object> variables,
    List<Map<String, ?>> tools,
    List<Map<String, ?>> documents,
    @Nullable String templateName) {

  /** What a chat without template fields gets. */
  public static final TemplateOptions DEFAULT = new TemplateOptions(true, false, Map.of());

  public TemplateOptions {
    variables = Map.copyOf(variables);
    tools = List.copyOf(tools);
    documents = List.copyOf(documents);
  }

  public TemplateOptions(
      boolean addGenerationPrompt, boolean continueFinalMessage, Map<String, Object> variables) {
    this(addGenerationPrompt, continueFinalMessage, variables, List.of(), List.of(), null);
  }
}
