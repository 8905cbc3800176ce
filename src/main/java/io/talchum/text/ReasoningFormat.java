package io.talchum.text;

import java.util.List;
import java.util.Optional;

/**
 * How a model's template marks what is thought before the answer.
 *
 * @param openTokenId -1 unless the mark is a control token, which the text does not show
 * @param closeTokenId the same for the closing mark
 */
public record ReasoningFormat(String open, String close, int openTokenId, int closeTokenId) {
  private static final List<ReasoningFormat> KNOWN =
      List.of(visible("<think>", "</think>"), visible("[THINK]", "[/THINK]"));

  /** Marks that the text shows. */
  public static ReasoningFormat visible(String open, String close) {
    return new ReasoningFormat(open, close, -1, -1);
  }

  /** The marks that a template's source names; empty if it names none. */
  public static Optional<ReasoningFormat> of(String templateSource, Tokenizer tokenizer) {
    return KNOWN.stream()
        .filter(known -> templateSource.contains(known.close()))
        .findFirst()
        .map(known -> known.over(tokenizer));
  }

  private ReasoningFormat over(Tokenizer tokenizer) {
    return new ReasoningFormat(open, close, hidden(open, tokenizer), hidden(close, tokenizer));
  }

  private static int hidden(String mark, Tokenizer tokenizer) {
    return tokenizer.specialTokenIds().stream()
        .filter(id -> tokenizer.token(id).equals(mark))
        .findFirst()
        .orElse(-1);
  }

  /** Whether a prompt ends inside of an open mark that its template wrote. */
  public boolean isOpenAfter(List<PromptSegment> prompt) {
    StringBuilder tail = new StringBuilder();
    for (PromptSegment segment : prompt) {
      tail.append(segment.fromTemplate() ? segment.text() : "\0");
    }
    return tail.toString().stripTrailing().endsWith(open);
  }

  /** Whether a text has an open mark behind its last closing one. */
  public boolean isOpenIn(String text) {
    return text.lastIndexOf(open) > text.lastIndexOf(close);
  }
}
