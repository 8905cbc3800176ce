package io.talchum.text;

import java.util.List;

/** A model's tokenizer. Any thread. */
public interface Tokenizer {
  /**
   * Text to token ids.
   *
   * @param addSpecialTokens whether the tokenizer's own begin and end tokens are added
   * @param allowSpecialTokens whether control tokens spelled out in the text become those tokens;
   *     true for text whose author may steer the model only
   */
  int[] encode(String text, boolean addSpecialTokens, boolean allowSpecialTokens);

  /**
   * A rendered prompt to token ids: the ids of the joined text, but control tokens only where the
   * template wrote them. No begin or end token is added: templates write their own.
   */
  int[] encodePrompt(List<PromptSegment> segments);

  /** Token ids to text; unknown ids decode to nothing. */
  String decode(int[] tokenIds, boolean skipSpecialTokens);

  /**
   * The token's own spelling in the vocabulary, for example {@code Ġthe}; empty for ids outside of
   * it.
   */
  String token(int tokenId);

  /** The bytes the token stands for in the text; empty for ids outside the vocabulary. */
  byte[] bytes(int tokenId);

  boolean isSpecial(int tokenId);

  /** Number of ids, added tokens included. */
  int vocabularySize();

  /** A fresh detokenizer for one stream that leaves control tokens out. */
  default IncrementalDetokenizer detokenizer() {
    return detokenizer(new int[0], true);
  }

  /**
   * A fresh detokenizer for one stream.
   *
   * @param precedingTokenIds the prompt, for text that goes on from it (a leading space is kept);
   *     empty for text of its own, as {@link #decode} gives
   */
  IncrementalDetokenizer detokenizer(int[] precedingTokenIds, boolean skipSpecialTokens);

  /** Ids of all control tokens. */
  List<Integer> specialTokenIds();
}
