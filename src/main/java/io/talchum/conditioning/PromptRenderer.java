package io.talchum.conditioning;

import io.talchum.core.ChatMessage;
import io.talchum.core.TemplateOptions;
import java.util.List;

/** Messages to token ids by the model's chat template. Any thread. */
public interface PromptRenderer {
  /**
   * The chat as the model reads it. Control tokens that a message spells out stay plain text.
   *
   * @throws io.talchum.core.ServeException INVALID_REQUEST if the template refuses the messages
   */
  RenderedChat render(List<ChatMessage> messages, TemplateOptions options);
}
