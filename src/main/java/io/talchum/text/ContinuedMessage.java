package io.talchum.text;

import io.talchum.core.ServeException;
import io.talchum.text.jinja.Text;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The end of the last message, found in the rendered text by a mark behind its content, as
 * transformers does for continue_final_message.
 *
 * @param messages the conversation with the mark
 * @param content the content without it
 */
record ContinuedMessage(List<Map<String, ?>> messages, String content) {
  private static final String MARK = "CONTINUE_FINAL_MESSAGE_TAG ";

  static ContinuedMessage of(List<? extends Map<String, ?>> messages) {
    if (messages.isEmpty()) {
      throw refusal("there is no message to continue");
    }
    Map<String, @Nullable Object> last = new HashMap<>(messages.getLast());
    String content;
    if (last.get("content") instanceof String text) {
      content = text;
      last.put("content", text + MARK);
    } else if (last.get("content") instanceof List<?> parts) {
      List<@Nullable Object> marked = new ArrayList<>(parts);
      content = markLastText(marked);
      last.put("content", marked);
    } else {
      throw refusal("the last message has no text to continue");
    }
    List<Map<String, ?>> all = new ArrayList<>(messages.subList(0, messages.size() - 1));
    all.add(last);
    return new ContinuedMessage(all, content);
  }

  private static String markLastText(List<@Nullable Object> parts) {
    for (int i = parts.size() - 1; i >= 0; i--) {
      if (parts.get(i) instanceof Map<?, ?> part && part.get("text") instanceof String text) {
        Map<@Nullable Object, @Nullable Object> marked = new HashMap<>(part);
        marked.put("text", text + MARK);
        parts.set(i, marked);
        return text;
      }
    }
    throw refusal("the last message has no text to continue");
  }

  /** The rendered text up to the mark. */
  Text cut(Text rendered) {
    String string = rendered.string();
    int mark = string.lastIndexOf(MARK.strip());
    if (mark < 0 || !string.contains(content.strip())) {
      throw refusal(
          "the last message does not appear in the chat after the chat template ran, so it cannot"
              + " be continued");
    }
    boolean keepsSpace = string.startsWith(MARK, mark);
    return keepsSpace ? rendered.upTo(mark) : rendered.upTo(mark).withoutTrailingSpace();
  }

  private static ServeException refusal(String reason) {
    return ServeException.invalid("continue_final_message", "continue_final_message: " + reason);
  }
}
