package io.talchum.text;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a conversation is rendered, as transformers' apply_chat_template takes it.
 *
 * @param tools function descriptions; null where the request has none
 * @param documents passages; null where the request has none
 * @param addGenerationPrompt whether the header of the assistant's answer is written
 * @param continueFinalMessage whether the text ends inside of the last message
 * @param templateArguments chat_template_kwargs of the request
 */
public record ChatTemplateOptions(
    @Nullable List<?> tools,
    @Nullable List<?> documents,
    boolean addGenerationPrompt,
    boolean continueFinalMessage,
    Map<String, ?> templateArguments) {

  /** A plain question that waits for an answer. */
  public static ChatTemplateOptions forAnswer() {
    return new ChatTemplateOptions(null, null, true, false, Map.of());
  }
}
