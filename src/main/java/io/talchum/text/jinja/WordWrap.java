package io.talchum.text.jinja;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;

/** Python's textwrap.wrap of one line, as the filter wordwrap calls it. */
final class WordWrap {
  private final int width;
  private final boolean breakLongWords;
  private final boolean breakOnHyphens;
  private final Budget budget;

  WordWrap(int width, boolean breakLongWords, boolean breakOnHyphens, Budget budget) {
    this.width = width;
    this.breakLongWords = breakLongWords;
    this.breakOnHyphens = breakOnHyphens;
    this.budget = budget;
  }

  List<String> wrap(String line) {
    Deque<String> chunks = new ArrayDeque<>(chunks(line));
    List<String> lines = new ArrayList<>();
    while (!chunks.isEmpty()) {
      if (!lines.isEmpty() && chunks.element().isBlank()) {
        chunks.pop();
      }
      fullLines(chunks, lines);
      String next = takeLine(chunks);
      if (!next.isEmpty()) {
        budget.items(1);
        budget.text(next.length());
        lines.add(next);
      }
    }
    return lines;
  }

  /** A long word without hyphens that starts a line fills lines of its own. */
  private void fullLines(Deque<String> chunks, List<String> lines) {
    String word = chunks.isEmpty() ? "" : chunks.element();
    if (!breakLongWords || word.length() <= width || word.indexOf('-') >= 0) {
      return;
    }
    budget.items(word.length() / width);
    budget.text(word.length());
    int at = 0;
    for (; word.length() - at > width; at += width) {
      lines.add(word.substring(at, at + width));
    }
    chunks.pop();
    chunks.push(word.substring(at));
  }

  private String takeLine(Deque<String> chunks) {
    List<String> taken = new ArrayList<>();
    int length = 0;
    while (!chunks.isEmpty() && length + chunks.element().length() <= width) {
      budget.step();
      length += chunks.element().length();
      taken.add(chunks.pop());
    }
    if (!chunks.isEmpty() && chunks.element().length() > width) {
      length = takeLong(chunks, taken, length);
    }
    if (!taken.isEmpty() && taken.getLast().isBlank()) {
      taken.removeLast();
    }
    return String.join("", taken);
  }

  private int takeLong(Deque<String> chunks, List<String> taken, int length) {
    if (breakLongWords) {
      String chunk = chunks.pop();
      int room = Math.max(1, width - length);
      int cut = room;
      int hyphen = breakOnHyphens ? chunk.lastIndexOf('-', room - 1) : -1;
      if (hyphen > 0 && !chunk.substring(0, hyphen).chars().allMatch(c -> c == '-')) {
        cut = hyphen + 1;
      }
      if (width - length > 0 || taken.isEmpty()) {
        taken.add(chunk.substring(0, cut));
        budget.steps(1 + chunk.length() / 4096);
        chunks.push(chunk.substring(cut));
      } else {
        chunks.push(chunk);
      }
    } else if (taken.isEmpty()) {
      taken.add(chunks.pop());
    }
    return length;
  }

  /** Words and the white space between them; words also break after hyphens inside of them. */
  private List<String> chunks(String line) {
    List<String> chunks = new ArrayList<>();
    int at = 0;
    while (at < line.length()) {
      boolean space = isBreak(line.charAt(at));
      int end = at;
      while (end < line.length() && isBreak(line.charAt(end)) == space) {
        end++;
      }
      if (space || !breakOnHyphens) {
        chunks.add(line.substring(at, end));
      } else {
        chunks.addAll(hyphenated(line.substring(at, end)));
      }
      at = end;
    }
    budget.items(chunks.size());
    return chunks;
  }

  private static List<String> hyphenated(String word) {
    List<String> parts = new ArrayList<>();
    int from = 0;
    for (int i = 2; i < word.length() - 1; i++) {
      boolean lettersAround =
          Character.isLetter(word.charAt(i - 1))
              && Character.isLetter(word.charAt(i - 2))
              && Character.isLetter(word.charAt(i + 1))
              && (i + 2 >= word.length() || isLetterOrHyphen(word.charAt(i + 2)));
      if (word.charAt(i) == '-' && lettersAround && i + 1 - from > 1) {
        parts.add(word.substring(from, i + 1));
        from = i + 1;
      }
    }
    parts.add(word.substring(from));
    return from == 0 ? Collections.singletonList(word) : parts;
  }

  private static boolean isLetterOrHyphen(char c) {
    return Character.isLetter(c) || c == '-';
  }

  private static boolean isBreak(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
  }
}
