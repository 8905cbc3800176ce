package io.talchum.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ReasoningSplitterTest {
  private static final ReasoningFormat THINK = ReasoningFormat.visible("<think>", "</think>");

  /** The parts as "thought|answer". */
  private static String split(boolean opened, String... deltas) {
    return joined(new ReasoningSplitter(THINK, opened), deltas);
  }

  private static String joined(ReasoningSplitter splitter, String... deltas) {
    StringBuilder thought = new StringBuilder();
    StringBuilder answer = new StringBuilder();
    for (String delta : deltas) {
      add(splitter.onToken(0, delta), thought, answer);
    }
    add(splitter.onEnd(""), thought, answer);
    return thought + "|" + answer;
  }

  private static void add(
      List<ReasoningSplitter.Piece> pieces, StringBuilder thought, StringBuilder answer) {
    for (ReasoningSplitter.Piece piece : pieces) {
      assertThat(piece.text()).isNotEmpty();
      (piece.isReasoning() ? thought : answer).append(piece.text());
    }
  }

  @Test
  void leavesMarksAndTheirLineBreaksOut() {
    assertThat(split(false, "<think>\nI see.\n\nYes.\n</think>\n\nHello\n"))
        .isEqualTo("I see.\n\nYes.|Hello\n");
    assertThat(split(true, "I see.</think>Hello")).isEqualTo("I see.|Hello");
    assertThat(split(false, "<think></think>Hi")).isEqualTo("|Hi");
    assertThat(split(true, "\n</think>\n\nHi")).isEqualTo("|Hi");
  }

  @Test
  void anAnswerWithoutThoughtStaysAsItIs() {
    assertThat(split(false, "Hello <think>x</think>")).isEqualTo("|Hello <think>x</think>");
    assertThat(split(false, " \n", "Hello")).isEqualTo("| \nHello");
    assertThat(split(false, "<thi")).isEqualTo("|<thi");
    assertThat(split(false, "")).isEqualTo("|");
    assertThat(split(false, "a</think>b")).isEqualTo("|a</think>b");
  }

  @Test
  void aRepeatedOpeningIsSkipped() {
    assertThat(split(true, "<think>\nx</think>y")).isEqualTo("x|y");
    assertThat(split(true, "<thx</think>y")).isEqualTo("<thx|y");
  }

  @Test
  void anUnfinishedThoughtIsAllThought() {
    assertThat(split(true, "I see", " </thi")).isEqualTo("I see </thi|");
    assertThat(split(false, "<think>a\n")).isEqualTo("a\n|");
  }

  @Test
  void theSecondClosingMarkIsText() {
    assertThat(split(true, "a</think>b</think>c")).isEqualTo("a|b</think>c");
  }

  @Test
  void deltasDoNotMatter() {
    Random random = new Random(42);
    for (int round = 0; round < 2000; round++) {
      String text =
          random
              .ints(random.nextInt(12), 0, 6)
              .mapToObj(i -> List.of("<think>", "</think>", "\n", "a", "<", "</th").get(i))
              .collect(Collectors.joining());
      String[] letters = text.isEmpty() ? new String[0] : text.split("");
      boolean opened = random.nextBoolean();
      assertThat(split(opened, letters)).as(text).isEqualTo(split(opened, text));
    }
  }

  @Test
  void countsTokensOfTheThoughtWithItsMarks() {
    ReasoningSplitter splitter = new ReasoningSplitter(THINK, false);
    joined(splitter, "<th", "ink>", "a", "b", "</think>", "\n", "c");
    assertThat(splitter.reasoningTokens()).isEqualTo(5);
    ReasoningSplitter none = new ReasoningSplitter(THINK, false);
    joined(none, "<th", "en", "a");
    assertThat(none.reasoningTokens()).isZero();
    ReasoningSplitter opened = new ReasoningSplitter(THINK, true);
    joined(opened, "\n", "a", "</think>", "b");
    assertThat(opened.reasoningTokens()).isEqualTo(3);
  }

  @Test
  void marksThatTheTextDoesNotShowCountToo() {
    ReasoningFormat hidden = new ReasoningFormat("[THINK]", "[/THINK]", 7, 8);
    ReasoningSplitter splitter = new ReasoningSplitter(hidden, false);
    assertThat(splitter.onToken(7, "")).isEmpty();
    assertThat(splitter.onToken(1, "x")).containsExactly(new ReasoningSplitter.Piece(true, "x"));
    assertThat(splitter.onToken(8, "")).isEmpty();
    assertThat(splitter.onToken(2, "y")).containsExactly(new ReasoningSplitter.Piece(false, "y"));
    assertThat(splitter.reasoningTokens()).isEqualTo(3);
  }

  @Test
  void onlyTheTemplateOpensAThought() {
    assertThat(THINK.isOpenAfter(List.of(new PromptSegment("assistant\n<think>\n", true))))
        .isTrue();
    assertThat(
            THINK.isOpenAfter(
                List.of(new PromptSegment("a", true), new PromptSegment("<think>", false))))
        .isFalse();
    assertThat(THINK.isOpenAfter(List.of(new PromptSegment("<think>\n\n</think>\n\n", true))))
        .isFalse();
    assertThat(THINK.isOpenIn("<think>\nso far")).isTrue();
    assertThat(THINK.isOpenIn("<think>x</think> y")).isFalse();
  }
}
