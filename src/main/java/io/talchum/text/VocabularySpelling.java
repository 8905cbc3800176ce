package io.talchum.text;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/** How a vocabulary spells the bytes of a text, read off the decoder of tokenizer.json. */
enum VocabularySpelling {
  /** Each byte is one printable character, as in GPT-2. */
  BYTE_LEVEL,
  /** SentencePiece: U+2581 is a space, {@code <0xE4>} is a byte. */
  SENTENCE_PIECE,
  /** Text as it is. */
  PLAIN;

  private static final char META_SPACE = '\u2581';
  private static final int[] BYTE_OF_CHAR = byteOfChar();

  byte[] bytes(String token) {
    return switch (this) {
      case BYTE_LEVEL -> byteLevel(token);
      case SENTENCE_PIECE -> sentencePiece(token);
      case PLAIN -> token.getBytes(StandardCharsets.UTF_8);
    };
  }

  /** A token with a character outside of the alphabet stands for itself, as in the decoder. */
  private static byte[] byteLevel(String token) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(token.length());
    for (int i = 0; i < token.length(); i++) {
      char c = token.charAt(i);
      if (c >= BYTE_OF_CHAR.length || BYTE_OF_CHAR[c] < 0) {
        return token.getBytes(StandardCharsets.UTF_8);
      }
      bytes.write(BYTE_OF_CHAR[c]);
    }
    return bytes.toByteArray();
  }

  private static byte[] sentencePiece(String token) {
    if (token.length() == 6
        && token.startsWith("<0x")
        && token.endsWith(">")
        && HexFormat.isHexDigit(token.charAt(3))
        && HexFormat.isHexDigit(token.charAt(4))) {
      return new byte[] {(byte) HexFormat.fromHexDigits(token, 3, 5)};
    }
    return token.replace(META_SPACE, ' ').getBytes(StandardCharsets.UTF_8);
  }

  /** GPT-2's bytes_to_unicode, inverted: printable Latin-1 stays, the rest moves to U+0100.. */
  private static int[] byteOfChar() {
    int[] inverse = new int[0x144];
    Arrays.fill(inverse, -1);
    int moved = 0x100;
    for (int b = 0; b < 256; b++) {
      boolean printable = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
      inverse[printable ? b : moved++] = b;
    }
    return inverse;
  }
}
