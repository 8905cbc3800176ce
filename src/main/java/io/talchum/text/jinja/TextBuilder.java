package io.talchum.text.jinja;

import java.util.Arrays;

/** Joins texts and keeps their origins; one thread. */
final class TextBuilder {
  private final Budget budget;
  private final StringBuilder out = new StringBuilder();
  private int[] cuts = new int[8];
  private int cutCount;
  private boolean first = true;
  private boolean current = true;

  TextBuilder(Budget budget) {
    this.budget = budget;
  }

  TextBuilder append(Text text) {
    return append(text, 0, text.string().length());
  }

  TextBuilder append(Text text, int from, int to) {
    for (int at = from; at < to; ) {
      int end = Math.min(to, text.runEnd(at));
      mark(text.isTemplateAt(at));
      charge(end - at);
      out.append(text.string(), at, end);
      at = end;
    }
    return this;
  }

  TextBuilder append(String string, boolean fromTemplate) {
    if (!string.isEmpty()) {
      mark(fromTemplate);
      charge(string.length());
      out.append(string);
    }
    return this;
  }

  int length() {
    return out.length();
  }

  /** May be called again after further appends. */
  Text build() {
    return new Text(out.toString(), first, Arrays.copyOf(cuts, cutCount), false);
  }

  private void mark(boolean fromTemplate) {
    if (out.isEmpty()) {
      first = fromTemplate;
    } else if (fromTemplate != current) {
      if (cutCount == cuts.length) {
        cuts = Arrays.copyOf(cuts, 2 * cutCount);
      }
      cuts[cutCount++] = out.length();
    }
    current = fromTemplate;
  }

  private void charge(int chars) {
    budget.grow((long) out.length() + chars, chars);
  }
}
