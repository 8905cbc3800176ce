package io.talchum.engine;

import java.util.List;
import java.util.Optional;

/**
 * Passes text on but for what could still become a stop string, and ends it before the stop string
 * that is complete first (of several at the same character the longest). The result does not depend
 * on how the text is divided into deltas. Knuth-Morris-Pratt, one automaton per stop string. Owned
 * by one thread.
 */
final class StopFilter {
  private final List<String> stops;
  private final int[][] failure;
  private final int[] matched; // characters of each stop string that the text ends with
  private final StringBuilder held = new StringBuilder();
  private Optional<String> stop = Optional.empty();

  /**
   * @param stops none of them empty
   */
  StopFilter(List<String> stops) {
    this.stops = stops;
    this.failure = stops.stream().map(StopFilter::failure).toArray(int[][]::new);
    this.matched = new int[stops.size()];
  }

  /** The text that can be shown now; nothing more after a stop. */
  String append(String delta) {
    if (stop.isPresent()) {
      return "";
    }
    if (stops.isEmpty()) {
      return delta;
    }
    for (int i = 0; i < delta.length(); i++) {
      held.append(delta.charAt(i));
      int complete = advance(delta.charAt(i));
      if (complete >= 0) {
        stop = Optional.of(stops.get(complete));
        return release(held.length() - stops.get(complete).length());
      }
    }
    int ready = held.length() - longestMatch();
    if (ready > 0 && Character.isHighSurrogate(held.charAt(ready - 1))) {
      ready--;
    }
    return release(ready);
  }

  /** What was held back, when no more text comes. */
  String flush() {
    return stop.isPresent() ? "" : release(held.length());
  }

  /** The stop string that ended the text. */
  Optional<String> stop() {
    return stop;
  }

  /** Feeds one character; the index of the longest stop string that it completes, or -1. */
  private int advance(char next) {
    int complete = -1;
    for (int s = 0; s < stops.size(); s++) {
      String text = stops.get(s);
      int at = matched[s];
      while (at > 0 && text.charAt(at) != next) {
        at = failure[s][at - 1];
      }
      matched[s] = text.charAt(at) == next ? at + 1 : 0;
      if (matched[s] == text.length()
          && (complete < 0 || text.length() > stops.get(complete).length())) {
        complete = s;
      }
    }
    return complete;
  }

  private int longestMatch() {
    int longest = 0;
    for (int length : matched) {
      longest = Math.max(longest, length);
    }
    return longest;
  }

  private String release(int characters) {
    String text = held.substring(0, characters);
    held.delete(0, characters);
    return text;
  }

  /** For each prefix the length of its longest proper prefix that is also its suffix. */
  private static int[] failure(String text) {
    int[] failure = new int[text.length()];
    for (int i = 1, length = 0; i < text.length(); i++) {
      while (length > 0 && text.charAt(i) != text.charAt(length)) {
        length = failure[length - 1];
      }
      if (text.charAt(i) == text.charAt(length)) {
        length++;
      }
      failure[i] = length;
    }
    return failure;
  }
}
