package io.talchum.adapter.peft;

import com.fasterxml.jackson.databind.JsonNode;
import io.talchum.adapter.folder.AdapterConfigFields;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * A value that some modules have otherwise: {@code rank_pattern} and its like. The first key that
 * matches the whole path of a module, or its end behind a dot, wins.
 *
 * @param usual for modules that no key matches
 */
record PatternTable<T>(T usual, List<Entry<T>> entries) {
  private static final int MAX_ENTRIES = 10_000;

  /** One key of the option. */
  record Entry<T>(String option, PathPattern pattern, T value) {}

  PatternTable {
    entries = List.copyOf(entries);
  }

  static <T> PatternTable<T> read(
      AdapterConfigFields config,
      String option,
      T usual,
      BiFunction<String, JsonNode, T> value,
      WorkBudget budget) {
    Map<String, T> values = config.entries(option, value);
    if (values.size() > MAX_ENTRIES) {
      throw AdapterConfigFields.refuse(option + " has more than " + MAX_ENTRIES + " entries");
    }
    List<Entry<T>> entries = new ArrayList<>();
    values.forEach(
        (key, found) ->
            entries.add(
                new Entry<>(option + "." + key, PathPattern.ending(option, key, budget), found)));
    return new PatternTable<>(usual, entries);
  }

  T of(String path) {
    for (Entry<T> entry : entries) {
      if (entry.pattern().matches(path)) {
        return entry.value();
      }
    }
    return usual;
  }

  /**
   * @throws io.talchum.core.ServeException INVALID_ADAPTER naming a key that matches none of them
   */
  void requireMatches(Set<String> paths) {
    for (Entry<T> entry : entries) {
      if (paths.stream().noneMatch(entry.pattern()::matches)) {
        throw AdapterConfigFields.refuse(entry.option() + " matches no module of the base");
      }
    }
  }
}
