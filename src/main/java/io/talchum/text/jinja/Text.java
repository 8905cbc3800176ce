package io.talchum.text.jinja;

import java.util.Arrays;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A string that knows which of its characters the template's author wrote and which came with the
 * data. Immutable. Indices are UTF-16 unless said otherwise.
 */
public final class Text implements Value.StringValue {
  private static final int[] NO_CUTS = {};
  static final Text EMPTY = template("");

  private final String string;
  private final boolean startsInTemplate;
  private final int[] cuts; // where the origin changes, ascending
  private final boolean markup;

  Text(String string, boolean startsInTemplate, int[] cuts, boolean markup) {
    this.string = string;
    this.startsInTemplate = startsInTemplate;
    this.cuts = cuts;
    this.markup = markup;
  }

  static Text template(String string) {
    return new Text(string, true, NO_CUTS, false);
  }

  static Text data(String string) {
    return new Text(string, false, NO_CUTS, false);
  }

  static Text of(String string, boolean fromTemplate) {
    return fromTemplate ? template(string) : data(string);
  }

  public String string() {
    return string;
  }

  /** Marked as HTML that needs no escaping. */
  boolean isMarkup() {
    return markup;
  }

  Text withMarkup(boolean isMarkup) {
    return isMarkup == markup ? this : new Text(string, startsInTemplate, cuts, isMarkup);
  }

  boolean isEmpty() {
    return string.isEmpty();
  }

  /** Whether every character is the template's. */
  boolean isAllTemplate() {
    return cuts.length == 0 && startsInTemplate;
  }

  /** Where the run of one origin that starts at {@code from} ends. */
  public int runEnd(int from) {
    int place = Arrays.binarySearch(cuts, from + 1);
    int next = place >= 0 ? place : -place - 1;
    return next < cuts.length ? cuts[next] : string.length();
  }

  /** Whether the template's author wrote the character. */
  public boolean isTemplateAt(int index) {
    int place = Arrays.binarySearch(cuts, index);
    int passed = place >= 0 ? place + 1 : -place - 1;
    return startsInTemplate == (passed % 2 == 0);
  }

  Text substring(int from, int to) {
    if (from <= 0 && to >= string.length()) {
      return this;
    }
    if (from >= to) {
      return markup ? EMPTY.withMarkup(true) : EMPTY;
    }
    if (cuts.length == 0) {
      return new Text(string.substring(from, to), startsInTemplate, NO_CUTS, markup);
    }
    int[] inside = Arrays.stream(cuts).filter(c -> c > from && c < to).map(c -> c - from).toArray();
    return new Text(string.substring(from, to), isTemplateAt(from), inside, markup);
  }

  /** The first so many characters. */
  public Text upTo(int end) {
    return substring(0, end);
  }

  /** str.rstrip(). */
  public Text withoutTrailingSpace() {
    return substring(0, PythonText.trimmedEnd(string, 0, string.length()));
  }

  /** The result of a function of the whole text: of mixed origin it counts as data. */
  Text derive(UnaryOperator<String> function) {
    return new Text(function.apply(string), isAllTemplate(), NO_CUTS, markup);
  }

  /** Characters as Python counts them. */
  int codePoints() {
    return string.codePointCount(0, string.length());
  }

  /** UTF-16 index of a code point. */
  int offset(int codePoint) {
    return string.offsetByCodePoints(0, codePoint);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Text that && string.equals(that.string);
  }

  @Override
  public int hashCode() {
    return string.hashCode();
  }

  @Override
  public String toString() {
    return string;
  }
}
