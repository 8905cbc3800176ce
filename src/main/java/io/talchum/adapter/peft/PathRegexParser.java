package io.talchum.adapter.peft;

import io.talchum.adapter.peft.PathRegex.Ahead;
import io.talchum.adapter.peft.PathRegex.At;
import io.talchum.adapter.peft.PathRegex.Choice;
import io.talchum.adapter.peft.PathRegex.One;
import io.talchum.adapter.peft.PathRegex.Place;
import io.talchum.adapter.peft.PathRegex.Repeat;
import io.talchum.adapter.peft.PathRegex.Sequence;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * Reads the part of Python's {@code re} syntax that says something about module paths: all but back
 * references, lookbehind, flags, conditions and possessive or atomic groups, which are refused by
 * {@link IllegalArgumentException}.
 */
final class PathRegexParser {
  private static final int MAX_LENGTH = 8192;
  private static final int MAX_DEPTH = 50;
  private static final int MAX_COUNT = 1000;

  private final String text;
  private int at;
  private int depth;

  private PathRegexParser(String text) {
    this.text = text;
  }

  static PathRegex parse(String text) {
    if (text.length() > MAX_LENGTH) {
      throw new IllegalArgumentException(
          "it is " + text.length() + " characters long, at most " + MAX_LENGTH + " are read");
    }
    PathRegexParser parser = new PathRegexParser(text);
    PathRegex all = parser.choice();
    if (parser.at < text.length()) {
      throw parser.error("unbalanced )");
    }
    return all;
  }

  private PathRegex choice() {
    if (++depth > MAX_DEPTH) {
      throw error("groups nested deeper than " + MAX_DEPTH);
    }
    List<PathRegex> branches = new ArrayList<>();
    branches.add(sequence());
    while (peek('|')) {
      at++;
      branches.add(sequence());
    }
    depth--;
    return branches.size() == 1 ? branches.getFirst() : new Choice(branches);
  }

  private PathRegex sequence() {
    List<PathRegex> parts = new ArrayList<>();
    while (at < text.length() && !peek('|') && !peek(')')) {
      parts.add(quantified(atom()));
    }
    return parts.size() == 1 ? parts.getFirst() : new Sequence(parts);
  }

  private PathRegex quantified(PathRegex atom) {
    int min;
    int max = -1;
    int start = at;
    if (peek('*') || peek('+')) {
      min = peek('+') ? 1 : 0;
      at++;
    } else if (peek('?')) {
      min = 0;
      max = 1;
      at++;
    } else if (counted()) {
      String[] bounds = text.substring(start + 1, at - 1).split(",", -1);
      min = bounds[0].isEmpty() ? 0 : count(bounds[0]);
      max = bounds.length == 1 ? min : bounds[1].isEmpty() ? -1 : count(bounds[1]);
    } else {
      return atom;
    }
    if (peek('?')) {
      at++; // lazy: the same paths match
    }
    if (peek('+') || peek('*') || peek('?') || max >= 0 && max < min) {
      throw error("a quantifier that is possessive, multiple or reversed");
    }
    return new Repeat(atom, min, max);
  }

  /** Moves past {@code {m}}, {@code {m,}}, {@code {,n}} or {@code {m,n}} if it stands here. */
  private boolean counted() {
    if (!peek('{')) {
      return false;
    }
    int end = text.indexOf('}', at);
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

  private PathRegex atom() {
    char c = text.charAt(at++);
    return switch (c) {
      case '(' -> group();
      case '[' -> new One(set());
      case '.' -> new One(x -> x != '\n');
      case '^' -> new At(Place.BEGIN);
      case '$' -> new At(Place.END);
      case '*', '+', '?' -> throw error("nothing to repeat");
      case '\\' -> escape();
      default -> new One(x -> x == c);
    };
  }

  private PathRegex group() {
    boolean look = false;
    boolean negative = false;
    if (peek('?')) {
      at++;
      if (peek(':')) {
        at++;
      } else if (peek('=') || peek('!')) {
        look = true;
        negative = peek('!');
        at++;
      } else if (text.startsWith("P<", at) && text.indexOf('>', at) > 0) {
        at = text.indexOf('>', at) + 1;
      } else {
        throw error("a group (?... other than (?:, (?=, (?! and (?P<name>");
      }
    }
    PathRegex inner = choice();
    if (!peek(')')) {
      throw error("missing )");
    }
    at++;
    return look ? new Ahead(inner, negative) : inner;
  }

  private PathRegex escape() {
    if (at == text.length()) {
      throw error("a backslash at the end");
    }
    char c = text.charAt(at);
    Place place =
        switch (c) {
          case 'A' -> Place.BEGIN;
          case 'Z' -> Place.END;
          case 'b' -> Place.WORD_EDGE;
          case 'B' -> Place.NO_WORD_EDGE;
          default -> null;
        };
    if (place != null) {
      at++;
      return new At(place);
    }
    return new One(escapedSet());
  }

  /** A class such as {@code \d}, or one escaped character; {@code at} is behind the backslash. */
  private IntPredicate escapedSet() {
    if (at == text.length()) {
      throw error("a backslash at the end");
    }
    char c = text.charAt(at++);
    return switch (c) {
      case 'd' -> x -> x >= '0' && x <= '9';
      case 'D' -> x -> x < '0' || x > '9';
      case 'w' -> PathRegex::isWord;
      case 'W' -> x -> !PathRegex.isWord(x);
      case 's' -> Character::isWhitespace;
      case 'S' -> x -> !Character.isWhitespace(x);
      case 'n' -> x -> x == '\n';
      case 't' -> x -> x == '\t';
      default -> {
        if (c < 128 && Character.isLetterOrDigit(c)) {
          throw error("the escape \\" + c);
        }
        yield x -> x == c;
      }
    };
  }

  /** A set in brackets; {@code at} is behind the opening one. */
  private IntPredicate set() {
    boolean negative = peek('^');
    if (negative) {
      at++;
    }
    IntPredicate any = x -> false;
    boolean first = true;
    while (first || !peek(']')) {
      if (at >= text.length()) {
        throw error("missing ]");
      }
      first = false;
      any = any.or(setItem());
    }
    at++;
    return negative ? any.negate() : any;
  }

  private IntPredicate setItem() {
    char low = text.charAt(at++);
    if (low == '\\') {
      return escapedSet();
    }
    if (!peek('-') || at + 1 >= text.length() || text.charAt(at + 1) == ']') {
      return x -> x == low;
    }
    char high = text.charAt(at + 1);
    at += 2;
    if (high == '\\' || high < low) {
      throw error("the range " + low + "-" + high);
    }
    return x -> x >= low && x <= high;
  }

  private boolean peek(char c) {
    return at < text.length() && text.charAt(at) == c;
  }

  private IllegalArgumentException error(String what) {
    return new IllegalArgumentException(what + " at position " + at + " cannot be read");
  }
}
