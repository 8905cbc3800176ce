package io.talchum.weights.gguf;

/**
 * One entry of a GGUF vocabulary.
 *
 * @param type 1 normal, 2 unknown, 3 control, 4 user defined, 5 unused, 6 byte
 * @param score of a SentencePiece token: higher ones are merged first
 */
record GgufToken(int id, String text, int type, float score) {
  static final int NORMAL = 1;
  static final int UNKNOWN = 2;
  static final int CONTROL = 3;
  static final int USER_DEFINED = 4;
  static final int UNUSED = 5;

  /** Whether it is matched in the text before anything else. */
  boolean isAdded() {
    return isSpecial() || type == USER_DEFINED;
  }

  /** Whether it is left out when special tokens are skipped. */
  boolean isSpecial() {
    return type == UNKNOWN || type == CONTROL;
  }
}
