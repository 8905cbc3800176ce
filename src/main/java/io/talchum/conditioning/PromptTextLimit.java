package io.talchum.conditioning;

import io.talchum.core.ChatMessage;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.text.PromptSegment;
import io.talchum.text.Tokenizer;
import java.util.Arrays;
import java.util.List;

/**
 * Refuses text that cannot fit the context whatever its tokens are, before time and memory are
 * spent on tokenizing it. A character that is found only in tokens of at most L bytes is at least
 * the L-th part of a token; the sum over all characters is the fewest tokens that the text can
 * have. Letters count much more than spaces, of which some vocabularies have a hundred in a token.
 */
final class PromptTextLimit {
  /** Parts of a token, so that sums are of whole numbers. */
  private static final long PARTS = 1L << 32;

  private final int contextTokens;

  /** The least part of a token, by ASCII character; the last is for all others. */
  private final long[] leastParts = new long[129];

  PromptTextLimit(Tokenizer tokenizer, int contextTokens) {
    this.contextTokens = contextTokens;
    int[] longest = new int[leastParts.length];
    int longestOfAll = 1;
    for (int id = 0; id < tokenizer.vocabularySize(); id++) {
      byte[] bytes = tokenizer.bytes(id);
      longestOfAll = Math.max(longestOfAll, bytes.length);
      for (byte b : bytes) {
        if (b >= 0) {
          longest[b] = Math.max(longest[b], bytes.length);
        }
      }
    }
    alike(longest);
    for (int i = 0; i < longest.length; i++) {
      leastParts[i] = PARTS / (longest[i] == 0 ? longestOfAll : longest[i]);
    }
  }

  /** Tokenizers may take letters for those of the other case, and white space for a space. */
  private static void alike(int[] longest) {
    for (int upper = 'A'; upper <= 'Z'; upper++) {
      int lower = Character.toLowerCase(upper);
      longest[upper] = longest[lower] = Math.max(longest[upper], longest[lower]);
    }
    int space = Arrays.stream(longest, 0, ' ' + 1).max().orElse(0);
    Arrays.fill(longest, 0, ' ' + 1, space);
  }

  void check(String field, String text) {
    check(field, List.of(text));
  }

  /** The messages together. */
  void check(List<ChatMessage> messages) {
    check("messages", messages.stream().map(ChatMessage::content).toList());
  }

  /** What a template made of messages, tools and documents. */
  void checkRendered(List<PromptSegment> prompt) {
    check("messages", prompt.stream().map(PromptSegment::text).toList());
  }

  private void check(String field, List<String> texts) {
    long least = texts.stream().mapToLong(this::parts).sum() / PARTS;
    if (least > contextTokens) {
      throw ServeException.of(
          ErrorCode.CONTEXT_LENGTH_EXCEEDED,
          field,
          "%s of %d characters cannot fit the context of %d tokens: they are %d or more; shorten it"
              .formatted(
                  field, texts.stream().mapToLong(String::length).sum(), contextTokens, least));
    }
  }

  private long parts(String text) {
    long parts = 0;
    for (int i = 0; i < text.length(); i++) {
      parts += leastParts[Math.min(text.charAt(i), leastParts.length - 1)];
    }
    return parts;
  }
}
