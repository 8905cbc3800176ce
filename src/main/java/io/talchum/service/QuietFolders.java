package io.talchum.service;

import io.talchum.adapter.FolderState;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Which folders were changed and have been left alone since. Owned by one thread; knows no files
 * and no clock.
 */
final class QuietFolders {
  private final Duration quiet;

  /** As they were when they were last acted upon, by name. */
  private final Map<String, FolderState> settled = new HashMap<>();

  private final Map<String, Seen> changing = new TreeMap<>();

  private record Seen(FolderState state, Instant since) {}

  /**
   * @param quiet how long a folder must not have changed
   */
  QuietFolders(Duration quiet) {
    this.quiet = quiet;
  }

  /** It was acted upon in this state, or needs not to be. */
  void settle(String name, FolderState state) {
    changing.remove(name);
    if (state.isGone()) {
      settled.remove(name);
    } else {
      settled.put(name, state);
    }
  }

  /** A folder was looked at. */
  void saw(String name, FolderState state, Instant now) {
    FolderState before = settled.get(name);
    if (before == null ? state.isGone() : state.equals(before)) {
      changing.remove(name); // as before
      return;
    }
    Seen last = changing.get(name);
    if (last == null || !last.state().equals(state)) {
      changing.put(name, new Seen(state, now));
    }
  }

  /** All that are known. */
  Set<String> names() {
    Set<String> names = new TreeSet<>(settled.keySet());
    names.addAll(changing.keySet());
    return names;
  }

  /** How long until the next of them may be due; empty if none changes. */
  Optional<Duration> untilNext(Instant now) {
    return changing.values().stream()
        .map(seen -> Duration.between(now, seen.since().plus(quiet)))
        .min(Duration::compareTo)
        .map(left -> left.isNegative() ? Duration.ZERO : left);
  }

  /** Those that have been quiet long enough, by name; each is to be settled, seen or put off. */
  Map<String, FolderState> due(Instant now) {
    Map<String, FolderState> due = new TreeMap<>();
    changing.forEach(
        (name, seen) -> {
          if (!now.isBefore(seen.since().plus(quiet))) {
            due.put(name, seen.state());
          }
        });
    return due;
  }

  /** Not now: it is due again after another quiet time. */
  void putOff(String name, FolderState state, Instant now) {
    changing.put(name, new Seen(state, now));
  }
}
