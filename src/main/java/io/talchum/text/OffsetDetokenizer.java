package io.talchum.text;

import java.util.Arrays;

/**
 * Prefix and read offsets, as vLLM does: text is given out when decoding from the prefix on got
 * longer and does not end in U+FFFD, the mark of an incomplete character.
 */
final class OffsetDetokenizer implements IncrementalDetokenizer {
  private static final char INCOMPLETE = '\uFFFD';

  /** Tokens of the prompt that decide how the first new one is spelled. */
  private static final int CONTEXT_TOKENS = 5;

  /** From this many tokens without text on, a split that changes nothing is looked for. */
  private static final int HELD_TOKENS = 64;

  private final Tokenizer tokenizer;
  private final boolean skipSpecialTokens;
  private int[] tokenIds;
  private int size;
  private int prefix;
  private int read;
  private String givenText = "";

  OffsetDetokenizer(Tokenizer tokenizer, int[] precedingTokenIds, boolean skipSpecialTokens) {
    this.tokenizer = tokenizer;
    this.skipSpecialTokens = skipSpecialTokens;
    int from = Math.max(0, precedingTokenIds.length - CONTEXT_TOKENS);
    this.tokenIds = Arrays.copyOfRange(precedingTokenIds, from, Math.max(from + 16, 32));
    this.size = precedingTokenIds.length - from;
    this.read = size;
    this.givenText = decode(0, size);
  }

  @Override
  public String append(int tokenId) {
    if (size == tokenIds.length) {
      compact();
    }
    tokenIds[size++] = tokenId;
    String text = decode(prefix, size);
    if (text.length() > givenText.length() && text.charAt(text.length() - 1) != INCOMPLETE) {
      return give(text, size);
    }
    boolean heldLong = size - read >= HELD_TOKENS && (size - read) % 16 == 0;
    return heldLong ? giveWhatIsSettled(text) : "";
  }

  @Override
  public String flush() {
    String text = decode(prefix, size);
    return text.length() > givenText.length() ? give(text, size) : "";
  }

  private String give(String text, int end) {
    String delta = text.substring(givenText.length());
    prefix = read;
    read = end;
    givenText = decode(prefix, read);
    return delta;
  }

  /** Keeps the cost per token bounded where a model writes broken characters without end. */
  private String giveWhatIsSettled(String text) {
    for (int split = size - 1; split >= size - 8; split--) {
      String head = decode(prefix, split);
      if (head.length() > givenText.length() && text.equals(head + decode(split, size))) {
        String delta = head.substring(givenText.length());
        prefix = split;
        read = split;
        givenText = "";
        return delta;
      }
    }
    return "";
  }

  private String decode(int from, int to) {
    return from == to
        ? ""
        : tokenizer.decode(Arrays.copyOfRange(tokenIds, from, to), skipSpecialTokens);
  }

  /** Forgets what lies before the prefix. */
  private void compact() {
    int kept = size - prefix;
    tokenIds = Arrays.copyOfRange(tokenIds, prefix, prefix + Math.max(32, 2 * kept));
    size = kept;
    read -= prefix;
    prefix = 0;
  }
}
