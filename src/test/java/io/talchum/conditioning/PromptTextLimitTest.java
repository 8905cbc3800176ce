package io.talchum.conditioning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.text.DjlTokenizer;
import io.talchum.text.Fixtures;
import io.talchum.text.PromptSegment;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Nothing that fits is refused; what cannot fit is, without being tokenized. */
class PromptTextLimitTest {
  private static final List<String> WORDS =
      List.of(
          "the",
          "model",
          "Information",
          " ",
          "  ",
          "        ",
          "\n",
          "\t",
          "a",
          "Z",
          "0123",
          "----------------",
          "====",
          "한국어",
          "é",
          "e\u0301",
          "😀",
          "\u2581",
          "<|im_end|>",
          "</s>",
          "<s>",
          "THE",
          "\u00a0",
          "ﬁ",
          "{\"a\":[]}",
          "\u0001");

  @Test
  void letsThroughWhatFits() {
    SplittableRandom random = new SplittableRandom(13);
    for (String model :
        List.of(
            "gemma2",
            "granite",
            "llama",
            "llama31",
            "llama_linear",
            "llama_tied",
            "mistral",
            "olmo2",
            "phi3",
            "qwen2",
            "qwen3")) {
      DjlTokenizer tokenizer =
          DjlTokenizer.load(Fixtures.own("models/" + model + "/tokenizer.json"), 1 << 20);
      for (int i = 0; i < 200; i++) {
        String text = text(random);
        int tokens = tokenizer.encode(text, false, true).length;
        new PromptTextLimit(tokenizer, tokens).check(model, text);
      }
    }
  }

  private static String text(SplittableRandom random) {
    int kinds = random.nextInt(1, WORDS.size());
    int first = random.nextInt(WORDS.size());
    StringBuilder text = new StringBuilder();
    for (int words = random.nextInt(1, 60); words > 0; words--) {
      text.append(WORDS.get((first + random.nextInt(kinds)) % WORDS.size()));
    }
    return text.toString();
  }

  @Test
  void refusesLettersByTheLongestTokenOfLetters() {
    DjlTokenizer tokenizer =
        DjlTokenizer.load(Fixtures.own("models/llama/tokenizer.json"), 1 << 20);
    int longest = 1;
    for (int id = 0; id < tokenizer.vocabularySize(); id++) {
      longest = Math.max(longest, tokenizer.bytes(id).length);
    }
    PromptTextLimit limit = new PromptTextLimit(tokenizer, 100);
    String most = "x".repeat(101 * longest);
    assertRefused(() -> limit.check("prompt", most), "prompt of " + most.length() + " characters");
    assertRefused(
        () ->
            limit.checkRendered(
                List.of(new PromptSegment(most, true), new PromptSegment(most, false))),
        "messages of " + 2 * most.length() + " characters");
    limit.check("prompt", "x".repeat(100));
  }

  private static void assertRefused(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String reason) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            ServeException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.CONTEXT_LENGTH_EXCEEDED))
        .hasMessageContaining(reason)
        .hasMessageContaining("cannot fit the context of 100 tokens: they are");
  }
}
