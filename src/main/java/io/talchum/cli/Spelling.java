package io.talchum.cli;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Finds what somebody may have meant to type. */
final class Spelling {
  private Spelling() {}

  /** The known word with the fewest changes, if those are few beside its letters. */
  static Optional<String> nearest(String typed, Collection<String> known) {
    return known.stream()
        .filter(word -> distance(typed, word) <= allowed(word))
        .min(Comparator.comparingInt(word -> distance(typed, word)));
  }

  private static int allowed(String word) {
    return Math.max(1, word.replaceFirst("^-+", "").length() / 3);
  }

  /**
   * Letters to insert, delete, replace, or swap with their neighbour (restricted edit distance).
   */
  static int distance(String from, String to) {
    int[][] d = new int[from.length() + 1][to.length() + 1];
    for (int i = 0; i <= from.length(); i++) {
      for (int j = 0; j <= to.length(); j++) {
        d[i][j] = i == 0 ? j : j == 0 ? i : step(d, from, to, i, j);
      }
    }
    return d[from.length()][to.length()];
  }

  private static int step(int[][] d, String from, String to, int i, int j) {
    char a = from.charAt(i - 1);
    char b = to.charAt(j - 1);
    int best = Math.min(Math.min(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + (a == b ? 0 : 1));
    boolean swapped = i > 1 && j > 1 && a == to.charAt(j - 2) && b == from.charAt(i - 2);
    return swapped ? Math.min(best, d[i - 2][j - 2] + 1) : best;
  }
}
