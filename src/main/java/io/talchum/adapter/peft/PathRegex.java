package io.talchum.adapter.peft;

import java.util.regex.Pattern;

/**
 * Translates the part of Python's {@code re} syntax that says something about module paths into a
 * {@link Pattern} that takes a whole {@link ReadPath}. Back references, lookbehind, flags,
 * conditions and possessive or atomic groups are refused by {@link IllegalArgumentException}.
 *
 * <p>A path ends with NUL, which nothing translated here can pass. Thus every dead end of the
 * matcher has read a character, and counting the reads counts the work: between two of them lie at
 * most {@code size} steps.
 */
final class PathRegex {
  private static final int MAX_LENGTH = 8192;
  private static final int MAX_DEPTH = 50;
  private static final int MAX_COUNT = 1000;
  private static final int MAX_SIZE = 4000;
  private static final String DIGITS = "0-9";
  private static final String WORD = "0-9A-Z_a-z";
  private static final String SPACE = "\\x09-\\x0D\\x1C-\\x20";
  private static final String BEGIN = "(?<![^\\x00])";
  private static final String END = "(?=\\x00)";

  /**
   * @param size the steps of the expression with its counted repetitions written out
   */
  record Translated(Pattern pattern, int size) {}

  private final String text;
  private final StringBuilder out = new StringBuilder();
  private int at;
  private int depth;

  private PathRegex(String text) {
    this.text = text;
  }

  /**
   * @throws IllegalArgumentException saying what cannot be read
   */
  static Translated translate(String text) {
    if (text.length() > MAX_LENGTH) {
      throw new IllegalArgumentException(
          "it is " + text.length() + " characters long, at most " + MAX_LENGTH + " are read");
    }
    PathRegex regex = new PathRegex(text);
    int size = regex.choice();
    if (regex.at < text.length()) {
      throw regex.error("unbalanced )");
    }
    return new Translated(Pattern.compile("(?:" + regex.out + ")\\x00"), size);
  }

  // Each of the following appends what it read to out and returns its size.

  private int choice() {
    if (++depth > MAX_DEPTH) {
      throw error("groups nested deeper than " + MAX_DEPTH);
    }
    int size = sequence();
    while (take("|")) {
      out.append('|');
      size = sized(size + 1L + sequence());
    }
    depth--;
    return size;
  }

  private int sequence() {
    long size = 0;
    while (at < text.length() && !peek('|') && !peek(')')) {
      size = sized(size + quantified(atom()));
    }
    return (int) size;
  }

  private int sized(long size) {
    if (size > MAX_SIZE) {
      throw new IllegalArgumentException("its repetitions make it too large");
    }
    return (int) size;
  }

  private int quantified(int size) {
    int start = at;
    int copies = 1;
    if (!take("*") && !take("+") && !take("?")) {
      if (!counted()) {
        return size;
      }
      String[] bounds = text.substring(start + 1, at - 1).split(",", -1);
      int min = bounds[0].isEmpty() ? 0 : count(bounds[0]);
      boolean open = bounds.length == 2 && bounds[1].isEmpty();
      int max = bounds.length == 1 || open ? min : count(bounds[1]);
      if (max < min) {
        throw error("a reversed quantifier");
      }
      copies = Math.max(max, 1);
      out.append('{').append(min).append(open ? ",}" : "," + max + "}");
    } else {
      out.append(text.charAt(start));
    }
    if (take("?")) {
      out.append('?');
    }
    if (peek('+') || peek('*') || peek('?')) {
      throw error("a quantifier that is possessive or multiple");
    }
    return sized((size + 1L) * copies);
  }

  /** Moves past {@code {m}}, {@code {m,}}, {@code {,n}} or {@code {m,n}} if it stands here. */
  private boolean counted() {
    int end = peek('{') ? text.indexOf('}', at) : -1;
    if (end < 0 || !text.substring(at + 1, end).matches("[0-9]+(,[0-9]*)?|,[0-9]+")) {
      return false;
    }
    at = end + 1;
    return true;
  }

  private int count(String digits) {
    int value = digits.length() > 4 ? Integer.MAX_VALUE : Integer.parseInt(digits);
    if (value > MAX_COUNT) {
      throw error("a count above " + MAX_COUNT);
    }
    return value;
  }

  private int atom() {
    int c = next();
    return switch (c) {
      case '(' -> group();
      case '[' -> set();
      case '.' -> emit("[^\\x0A\\x00]");
      case '^' -> emit(BEGIN);
      case '$' -> emit(END);
      case '*', '+', '?' -> throw error("nothing to repeat");
      case '\\' -> escape();
      default -> emit(literal(c));
    };
  }

  private int emit(String java) {
    out.append(java);
    return 1;
  }

  private int group() {
    String open = "(?:";
    if (take("?=")) {
      open = "(?:(?=";
    } else if (take("?!")) {
      open = "(?:(?=[\\x00-\\x{10FFFF}])(?!"; // it fails where its part holds: read first
    } else if (take("?P<")) {
      int end = text.indexOf('>', at);
      if (end < 0) {
        throw error("a group name without its >");
      }
      at = end + 1;
    } else if (!take("?:") && peek('?')) {
      throw error("a group (?... other than (?:, (?=, (?! and (?P<name>");
    }
    out.append(open);
    int size = choice();
    if (!take(")")) {
      throw error("missing )");
    }
    out.append(open.length() > 3 ? "))" : ")");
    return sized(size + 1L);
  }

  private int escape() {
    for (String place : new String[] {"A", "Z", "b", "B"}) {
      if (take(place)) {
        return emit(place.equals("A") ? BEGIN : place.equals("Z") ? END : "\\" + place);
      }
    }
    return emit("[" + escapedItem() + "]");
  }

  /** A class such as {@code \d}, or one escaped character; {@code at} is behind the backslash. */
  private String escapedItem() {
    if (at == text.length()) {
      throw error("a backslash at the end");
    }
    int c = next();
    return switch (c) {
      case 'd' -> DIGITS;
      case 'D' -> "[^" + DIGITS + "\\x00]";
      case 'w' -> WORD;
      case 'W' -> "[^" + WORD + "\\x00]";
      case 's' -> SPACE;
      case 'S' -> "[^" + SPACE + "\\x00]";
      case 'n' -> "\\x0A";
      case 't' -> "\\x09";
      default -> {
        if (c < 128 && Character.isLetterOrDigit(c)) {
          throw error("the escape \\" + (char) c);
        }
        yield literal(c);
      }
    };
  }

  /** A set in brackets; {@code at} is behind the opening one. */
  private int set() {
    out.append(take("^") ? "[^\\x00" : "[");
    int size = 0;
    while (size == 0 || !peek(']')) {
      if (at >= text.length()) {
        throw error("missing ]");
      }
      out.append(setItem());
      size++;
    }
    at++;
    out.append(']');
    return size;
  }

  private String setItem() {
    if (take("\\")) {
      return escapedItem();
    }
    int low = next();
    if (!peek('-') || at + 1 >= text.length() || text.charAt(at + 1) == ']') {
      return literal(low);
    }
    at++;
    int high = next();
    if (high == '\\' || high < low) {
      throw error("the range " + Character.toString(low) + "-" + Character.toString(high));
    }
    return literal(low) + "-" + literal(high);
  }

  /** In a form that means nothing else to Java. */
  private String literal(int c) {
    if (c == 0) {
      throw error("the character NUL");
    }
    return c < 128 && Character.isLetterOrDigit(c)
        ? Character.toString(c)
        : "\\x{" + Integer.toHexString(c) + "}";
  }

  private int next() {
    int c = text.codePointAt(at);
    at += Character.charCount(c);
    return c;
  }

  private boolean take(String wanted) {
    boolean here = text.startsWith(wanted, at);
    at += here ? wanted.length() : 0;
    return here;
  }

  private boolean peek(char c) {
    return at < text.length() && text.charAt(at) == c;
  }

  private IllegalArgumentException error(String what) {
    return new IllegalArgumentException(what + " at position " + at + " cannot be read");
  }
}
