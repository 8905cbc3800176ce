package io.talchum.text;

/**
 * Turns a stream of tokens into a stream of text; joined, the deltas are the decoded whole. Owned
 * by one thread.
 */
public interface IncrementalDetokenizer {
  /** The text that this token completes; empty while a character is incomplete. */
  String append(int tokenId);

  /** What is still held back. */
  String flush();
}
