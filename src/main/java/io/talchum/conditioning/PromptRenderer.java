package io.talchum.conditioning;

import io.talchum.core.ChatMessage;
import io.talchum.core.TemplateOptions;
import java.util.List;

/** Messages to token ids by the model's chat template. Any thread. */
public interface PromptRenderer {
  /**
   * Token ids of the chat. Control tokens that a message spells out stay plain text.
   *
   * @throws io.talchum.core.ServeException INVALID_REQUEST if the template refuses the messages
   */
  int[] render(List<ChatMessage> messages, TemplateOptions options);
}
