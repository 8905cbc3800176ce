package io.talchum.core;

import java.util.Arrays;

/**
 * A set of tokens of one vocabulary, one bit for each; what is in it is allowed. Owned by one
 * thread while it is written; any thread may read one that nobody writes any more.
 */
public final class TokenMask {
  private final int vocabSize;
  private final long[] words; // bits beyond the vocabulary are 0

  private TokenMask(int vocabSize) {
    this.vocabSize = vocabSize;
    this.words = new long[(vocabSize + Long.SIZE - 1) / Long.SIZE];
  }

  /** Allows no token. */
  public static TokenMask none(int vocabSize) {
    return new TokenMask(vocabSize);
  }

  /** Allows every token. */
  public static TokenMask all(int vocabSize) {
    TokenMask mask = new TokenMask(vocabSize);
    mask.allowAll();
    return mask;
  }

  public int vocabSize() {
    return vocabSize;
  }

  public boolean allows(int tokenId) {
    return (words[tokenId >> 6] >>> tokenId & 1) != 0;
  }

  public void allow(int tokenId) {
    words[checked(tokenId) >> 6] |= 1L << tokenId;
  }

  public void forbid(int tokenId) {
    words[checked(tokenId) >> 6] &= ~(1L << tokenId);
  }

  public void allowAll() {
    Arrays.fill(words, -1);
    clearTail();
  }

  /** Forbids what was allowed, and the other way round. */
  public void complement() {
    for (int word = 0; word < words.length; word++) {
      words[word] = ~words[word];
    }
    clearTail();
  }

  /** Forbids what the other one does not allow. */
  public void intersect(TokenMask other) {
    if (other.vocabSize != vocabSize) {
      throw new IllegalArgumentException(
          "a mask of %d tokens for a vocabulary of %d".formatted(other.vocabSize, vocabSize));
    }
    for (int word = 0; word < words.length; word++) {
      words[word] &= other.words[word];
    }
  }

  /** Whether no token is allowed. */
  public boolean isEmpty() {
    for (long word : words) {
      if (word != 0) {
        return false;
      }
    }
    return true;
  }

  /** How many words of 64 tokens there are. */
  public int words() {
    return words.length;
  }

  /**
   * The forbidden ones of the tokens 64 * word, 64 * word + 1, ...: the first is the lowest bit.
   */
  public long forbidden(int word) {
    long forbidden = ~words[word];
    return word == words.length - 1 ? forbidden & tail() : forbidden;
  }

  private void clearTail() {
    if (words.length > 0) {
      words[words.length - 1] &= tail();
    }
  }

  /** The bits of the last word that stand for tokens. */
  private long tail() {
    return -1L >>> -vocabSize; // shifts count modulo 64
  }

  private int checked(int tokenId) {
    if (tokenId < 0 || tokenId >= vocabSize) {
      throw new IllegalArgumentException(
          "token %d is not in a vocabulary of %d".formatted(tokenId, vocabSize));
    }
    return tokenId;
  }
}
