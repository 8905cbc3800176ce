package io.talchum.conditioning;

import io.talchum.core.ChatMessage;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.text.PromptSegment;
import io.talchum.text.Tokenizer;
import java.util.List;

/**
 * Refuses text that cannot fit the context whatever its tokens are, before time is spent on
 * tokenizing it: no token stands for more bytes than the vocabulary's longest.
 */
final class PromptTextLimit {
  private final int contextTokens;
  private final long maxChars;

  PromptTextLimit(Tokenizer tokenizer, int contextTokens) {
    int longest = 1;
    for (int id = 0; id < tokenizer.vocabularySize(); id++) {
      longest = Math.max(longest, tokenizer.bytes(id).length);
    }
    this.contextTokens = contextTokens;
    this.maxChars = (long) contextTokens * longest;
  }

  void check(String field, String text) {
    check(field, text.length());
  }

  /** The messages together. */
  void check(List<ChatMessage> messages) {
    check("messages", messages.stream().mapToLong(message -> message.content().length()).sum());
  }

  /** What a template made of messages, tools and documents. */
  void checkRendered(List<PromptSegment> prompt) {
    check("messages", prompt.stream().mapToLong(segment -> segment.text().length()).sum());
  }

  private void check(String field, long chars) {
    if (chars > maxChars) {
      throw ServeException.of(
          ErrorCode.CONTEXT_LENGTH_EXCEEDED,
          field,
          "%s of %d characters cannot fit the context of %d tokens, which hold at most %d; shorten it"
              .formatted(field, chars, contextTokens, maxChars));
    }
  }
}
