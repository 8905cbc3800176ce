package io.talchum.text;

import java.util.ArrayList;
import java.util.List;

/**
 * Parts what a model thinks from what it answers, delta by delta; owned by one thread.
 *
 * <p>An answer has one thought at most, at its very beginning. Marks and the line breaks next to
 * them belong to neither part.
 */
public final class ReasoningSplitter {
  /** A piece of the answer's text. */
  public record Piece(boolean isReasoning, String text) {}

  private enum State {
    /** The text so far may begin with the open mark. */
    BEFORE,
    /** In the thought, which may open once more. */
    OPENED,
    /** In the thought; nothing of it was seen yet. */
    BEGUN,
    INSIDE,
    /** Behind the closing mark; nothing of the answer was seen yet. */
    CLOSED,
    ANSWER
  }

  private final ReasoningFormat format;
  private final StringBuilder held = new StringBuilder();
  private State state;
  private int undecidedTokens;
  private int reasoningTokens;

  /**
   * @param opened whether the prompt has opened the thought already
   */
  public ReasoningSplitter(ReasoningFormat format, boolean opened) {
    this.format = format;
    this.state = opened ? State.OPENED : State.BEFORE;
  }

  /** What can be shown after a token; empty while a mark may be incomplete. */
  public List<Piece> onToken(int tokenId, String textDelta) {
    State before = state;
    held.append(textDelta);
    if (tokenId == format.openTokenId()) {
      held.append(format.open());
    } else if (tokenId == format.closeTokenId()) {
      held.append(format.close());
    }
    List<Piece> pieces = drain();
    count(before);
    return pieces;
  }

  /** The last text of the answer, and what was held back. */
  public List<Piece> onEnd(String textDelta) {
    held.append(textDelta);
    List<Piece> pieces = new ArrayList<>(drain());
    if (!held.isEmpty()) {
      pieces.add(new Piece(isInside(), held.toString()));
      held.setLength(0);
    }
    return pieces;
  }

  /** Tokens of the thought so far, its marks included. */
  public int reasoningTokens() {
    return reasoningTokens;
  }

  /** Whether the next text seems to be part of the thought. */
  public boolean isInside() {
    return isThought(state);
  }

  private static boolean isThought(State state) {
    return state == State.OPENED || state == State.BEGUN || state == State.INSIDE;
  }

  private void count(State before) {
    if (state == State.BEFORE) {
      undecidedTokens++;
    } else if (before == State.BEFORE) {
      reasoningTokens += state == State.ANSWER ? 0 : undecidedTokens + 1;
    } else if (isThought(before)) {
      reasoningTokens++;
    }
  }

  private List<Piece> drain() {
    List<Piece> pieces = new ArrayList<>();
    State last;
    do {
      last = state;
      step(pieces);
    } while (state != last);
    return pieces;
  }

  private void step(List<Piece> pieces) {
    switch (state) {
      case BEFORE -> begin();
      case OPENED -> skipSecondOpening();
      case BEGUN -> {
        dropLineBreaks();
        state = held.isEmpty() ? State.BEGUN : State.INSIDE;
      }
      case INSIDE -> inside(pieces);
      case CLOSED -> {
        dropLineBreaks();
        state = held.isEmpty() ? State.CLOSED : State.ANSWER;
      }
      case ANSWER -> give(pieces, false, held.length());
    }
  }

  private void begin() {
    int start = spaceEnd();
    if (startsWithMark(start)) {
      held.delete(0, start + format.open().length());
      state = State.OPENED;
    } else if (!mayBecome(format.open(), start)) {
      state = State.ANSWER;
    }
  }

  /** Some models repeat the mark that the prompt ends with. */
  private void skipSecondOpening() {
    int start = spaceEnd();
    if (startsWithMark(start)) {
      held.delete(0, start + format.open().length());
    } else if (mayBecome(format.open(), start)) {
      return;
    }
    state = State.BEGUN;
  }

  private void inside(List<Piece> pieces) {
    int close = held.indexOf(format.close());
    if (close < 0) {
      give(pieces, true, held.length() - undecided());
      return;
    }
    String thought = held.substring(0, close);
    held.delete(0, close + format.close().length());
    add(pieces, true, withoutLastBreaks(thought));
    state = State.CLOSED;
  }

  /** Length of what may be the closing mark, with the line breaks in front of it. */
  private int undecided() {
    int at = held.length();
    for (int length = Math.min(format.close().length() - 1, held.length()); length > 0; length--) {
      if (format.close().startsWith(held.substring(held.length() - length))) {
        at = held.length() - length;
        break;
      }
    }
    while (at > 0 && held.charAt(at - 1) == '\n') {
      at--;
    }
    return held.length() - at;
  }

  private void give(List<Piece> pieces, boolean isReasoning, int length) {
    add(pieces, isReasoning, held.substring(0, length));
    held.delete(0, length);
  }

  private static void add(List<Piece> pieces, boolean isReasoning, String text) {
    if (!text.isEmpty()) {
      pieces.add(new Piece(isReasoning, text));
    }
  }

  private boolean startsWithMark(int start) {
    return held.length() - start >= format.open().length()
        && held.substring(start).startsWith(format.open());
  }

  private boolean mayBecome(String mark, int start) {
    return mark.startsWith(held.substring(start));
  }

  private int spaceEnd() {
    int end = 0;
    while (end < held.length() && Character.isWhitespace(held.charAt(end))) {
      end++;
    }
    return end;
  }

  private void dropLineBreaks() {
    int end = 0;
    while (end < held.length() && held.charAt(end) == '\n') {
      end++;
    }
    held.delete(0, end);
  }

  private static String withoutLastBreaks(String text) {
    int end = text.length();
    while (end > 0 && text.charAt(end - 1) == '\n') {
      end--;
    }
    return text.substring(0, end);
  }
}
