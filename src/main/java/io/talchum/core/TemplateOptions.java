package io.talchum.core;

import java.util.Map;

/**
 * How the chat template is rendered.
 *
 * @param addGenerationPrompt whether the text ends with the opening of the assistant's turn
 * @param continueFinalMessage whether the last message is left open for the model to go on
 * @param variables further template variables ({@code chat_template_kwargs}): JSON values as
 *     String, Number, Boolean, List and Map
 */
public record TemplateOptions(
    boolean addGenerationPrompt, boolean continueFinalMessage, Map<String, Object> variables) {

  /** What a chat without template fields gets. */
  public static final TemplateOptions DEFAULT = new TemplateOptions(true, false, Map.of());

  public TemplateOptions {
    variables = Map.copyOf(variables);
  }
}
