package io.talchum.text.jinja;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** All filters by name. */
final class Filters {
  /** Of jinja2, but in no published chat template. */
  static final Set<String> NOT_SERVED =
      Set.of(
          "batch",
          "center",
          "filesizeformat",
          "forceescape",
          "format",
          "groupby",
          "pprint",
          "random",
          "slice",
          "striptags",
          "urlencode",
          "urlize",
          "wordcount",
          "wordwrap",
          "xmlattr");

  private static final Map<String, Filter> BY_NAME = all();

  private Filters() {}

  static @Nullable Filter named(String name) {
    return BY_NAME.get(name);
  }

  static boolean isServed(String name) {
    return BY_NAME.containsKey(name) && !NOT_SERVED.contains(name);
  }

  private static Map<String, Filter> all() {
    Map<String, Filter> filters = new HashMap<>();
    TextFilters.addTo(filters);
    LayoutFilters.addTo(filters);
    NumberFilters.addTo(filters);
    SequenceFilters.addTo(filters);
    SelectFilters.addTo(filters);
    for (String name : NOT_SERVED) {
      filters.put(
          name,
          (interpreter, value, args) -> {
            throw TemplateException.notServed("the filter '" + name + "'");
          });
    }
    return Map.copyOf(filters);
  }
}
