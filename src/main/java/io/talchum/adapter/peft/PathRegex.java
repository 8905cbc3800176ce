package io.talchum.adapter.peft;

import java.util.List;
import java.util.function.IntPredicate;

/** The parsed form of a regular expression; {@link PathProgram} is what runs. */
sealed interface PathRegex {
  /** One character of the set. */
  record One(IntPredicate set) implements PathRegex {}

  record Sequence(List<PathRegex> parts) implements PathRegex {
    public Sequence {
      parts = List.copyOf(parts);
    }
  }

  record Choice(List<PathRegex> branches) implements PathRegex {
    public Choice {
      branches = List.copyOf(branches);
    }
  }

  /**
   * @param max -1 is unbounded
   */
  record Repeat(PathRegex part, int min, int max) implements PathRegex {}

  /** Lookahead: whether the part matches from here on, without moving. */
  record Ahead(PathRegex part, boolean negative) implements PathRegex {}

  /** A place between characters. */
  record At(Place place) implements PathRegex {}

  /** {@code ^}, {@code $}, {@code \b} and {@code \B}. */
  enum Place {
    BEGIN,
    END,
    WORD_EDGE,
    NO_WORD_EDGE
  }

  static boolean isWord(int c) {
    return c == '_' || (c < 128 && Character.isLetterOrDigit(c));
  }
}
