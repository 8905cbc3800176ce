package io.talchum.text;

import java.util.List;

/** A model's tokenizer. Any thread. */
public interface Tokenizer {
  /**
   * Text to token ids.
   *
   * @param addSpecialTokens whether the tokenizer's own begin and end tokens are added
   * @param allowSpecialTokens whether control tokens spelled out in the text become those tokens;
   *     true for rendered templates only
   */
  int[] encode(String text, boolean addSpecialTokens, boolean allowSpecialTokens);

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

  /** A fresh detokenizer for one stream. */
  IncrementalDetokenizer detokenizer();

  /** Ids of all control tokens. */
  List<Integer> specialTokenIds();
}
