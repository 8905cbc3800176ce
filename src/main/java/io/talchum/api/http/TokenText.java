package io.talchum.api.http;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Tokens as JSON strings and numbers. */
final class TokenText {
  /** JSON has no infinity; OpenAI writes this for impossible tokens. */
  private static final float IMPOSSIBLE = -9999f;

  private TokenText() {}

  /** The text, or {@code bytes:\xe2\x82} if the bytes are not whole characters. */
  static String of(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      StringBuilder text = new StringBuilder("bytes:");
      for (byte b : bytes) {
        text.append("\\x%02x".formatted(b));
      }
      return text.toString();
    }
  }

  static float finite(float logprob) {
    return logprob > IMPOSSIBLE ? logprob : IMPOSSIBLE;
  }
}
