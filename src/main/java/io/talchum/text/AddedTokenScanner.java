package io.talchum.text;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Finds added tokens in a text as the tokenizer does: leftmost first, of those the longest. */
final class AddedTokenScanner {
  private final Map<Character, List<AddedToken>> byFirstChar = new HashMap<>();
  private final BitSet firstChars = new BitSet();

  AddedTokenScanner(List<AddedToken> added) {
    List<AddedToken> longestFirst = new ArrayList<>(added);
    longestFirst.sort(Comparator.comparingInt((AddedToken t) -> t.content().length()).reversed());
    for (AddedToken token : longestFirst) {
      firstChars.set(token.content().charAt(0));
      byFirstChar.computeIfAbsent(token.content().charAt(0), c -> new ArrayList<>()).add(token);
    }
  }

  /**
   * Control tokens written out between {@code from} and {@code to}; indices are of {@code text}.
   */
  List<Match> controlTokens(String text, int from, int to) {
    List<Match> matches = new ArrayList<>();
    int at = from;
    while (at < to) {
      AddedToken token = tokenAt(text, at, to);
      if (token == null) {
        at++;
        continue;
      }
      int end = at + token.content().length();
      if (token.special()) {
        matches.add(new Match(at, end, token));
      }
      at = end;
    }
    return matches;
  }

  private @Nullable AddedToken tokenAt(String text, int at, int to) {
    if (!firstChars.get(text.charAt(at))) {
      return null;
    }
    List<AddedToken> candidates = byFirstChar.get(text.charAt(at));
    if (candidates == null) {
      return null;
    }
    for (AddedToken token : candidates) {
      if (at + token.content().length() <= to && text.startsWith(token.content(), at)) {
        return token;
      }
    }
    return null;
  }

  /** One occurrence, from inclusive to exclusive. */
  record Match(int start, int end, AddedToken token) {}
}
