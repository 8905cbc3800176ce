package io.talchum.api;

import io.talchum.text.IncrementalDetokenizer;
import io.talchum.text.PromptSegment;
import io.talchum.text.Tokenizer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

/** One token per byte of UTF-8; 0 is end-of-sequence. */
final class ByteTokenizer implements Tokenizer {
  static final int EOS = 0;

  @Override
  public int[] encode(String text, boolean addSpecialTokens, boolean allowSpecialTokens) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int[] ids = new int[bytes.length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = bytes[i] & 0xff;
    }
    return ids;
  }

  @Override
  public int[] encodePrompt(List<PromptSegment> segments) {
    return encode(
        segments.stream().map(PromptSegment::text).collect(Collectors.joining()), false, true);
  }

  @Override
  public String decode(int[] tokenIds, boolean skipSpecialTokens) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int id : tokenIds) {
      bytes.writeBytes(bytes(id));
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Override
  public String token(int tokenId) {
    return tokenId == EOS ? "<eos>" : String.valueOf((char) tokenId);
  }

  @Override
  public byte[] bytes(int tokenId) {
    return tokenId == EOS ? new byte[0] : new byte[] {(byte) tokenId};
  }

  @Override
  public boolean isSpecial(int tokenId) {
    return tokenId == EOS;
  }

  @Override
  public int vocabularySize() {
    return 256;
  }

  @Override
  public IncrementalDetokenizer detokenizer(int[] precedingTokenIds, boolean skipSpecialTokens) {
    return new IncrementalDetokenizer() {
      private final ByteArrayOutputStream held = new ByteArrayOutputStream();

      @Override
      public String append(int tokenId) {
        held.writeBytes(bytes(tokenId));
        String text = held.toString(StandardCharsets.UTF_8);
        return text.endsWith("\ufffd") ? "" : flush();
      }

      @Override
      public String flush() {
        String text = held.toString(StandardCharsets.UTF_8);
        held.reset();
        return text;
      }
    };
  }

  @Override
  public List<Integer> specialTokenIds() {
    return List.of(EOS);
  }
}
