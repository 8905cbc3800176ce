package io.talchum.engine;

import io.talchum.text.IncrementalDetokenizer;
import io.talchum.text.PromptSegment;
import io.talchum.text.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Token 0 is end-of-sequence, token 1 is half of a character (two in a row give ☯, one alone �),
 * all others are letters, some of them two.
 */
final class FakeTokenizer implements Tokenizer {
  static final int EOS = 0;
  static final int HALF = 1;

  @Override
  public int[] encode(String text, boolean addSpecialTokens, boolean allowSpecialTokens) {
    throw new UnsupportedOperationException();
  }

  @Override
  public int[] encodePrompt(List<PromptSegment> segments) {
    throw new UnsupportedOperationException();
  }

  @Override
  public String decode(int[] tokenIds, boolean skipSpecialTokens) {
    IncrementalDetokenizer detokenizer = detokenizer();
    StringBuilder text = new StringBuilder();
    for (int id : tokenIds) {
      text.append(detokenizer.append(id));
    }
    return text.append(detokenizer.flush()).toString();
  }

  @Override
  public String token(int tokenId) {
    return switch (tokenId) {
      case EOS -> "";
      case HALF -> "½";
      default -> {
        char letter = (char) ('a' + tokenId % 5);
        yield tokenId % 3 == 0 ? letter + "b" : String.valueOf(letter);
      }
    };
  }

  @Override
  public byte[] bytes(int tokenId) {
    return token(tokenId).getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public boolean isSpecial(int tokenId) {
    return tokenId == EOS;
  }

  @Override
  public int vocabularySize() {
    return FakeModelExecutor.VOCAB;
  }

  @Override
  public List<Integer> specialTokenIds() {
    return List.of(EOS);
  }

  @Override
  public IncrementalDetokenizer detokenizer(int[] precedingTokenIds, boolean skipSpecialTokens) {
    return new IncrementalDetokenizer() {
      private boolean hasHalf;

      @Override
      public String append(int tokenId) {
        if (tokenId == HALF) {
          hasHalf = !hasHalf;
          return hasHalf ? "" : "☯";
        }
        return flush() + token(tokenId);
      }

      @Override
      public String flush() {
        String text = hasHalf ? "�" : "";
        hasHalf = false;
        return text;
      }
    };
  }
}
