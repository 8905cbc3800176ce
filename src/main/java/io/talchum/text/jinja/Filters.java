package io.talchum.text.jinja;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** All filters by name. */
final class Filters {
  private static final Map<String, Filter> BY_NAME = all();

  private Filters() {}

  static @Nullable Filter named(String name) {
    return BY_NAME.get(name);
  }

  private static Map<String, Filter> all() {
    Map<String, Filter> filters = new HashMap<>();
    TextFilters.addTo(filters);
    LayoutFilters.addTo(filters);
    NumberFilters.addTo(filters);
    SequenceFilters.addTo(filters);
    SelectFilters.addTo(filters);
    for (String unsupported : new String[] {"random", "urlize"}) {
      filters.put(
          unsupported,
          (interpreter, value, args) -> {
            throw new TemplateException(
                ErrorKind.UNSUPPORTED, "the filter '" + unsupported + "' is not supported");
          });
    }
    return Map.copyOf(filters);
  }
}
