package io.talchum.text.jinja;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;

/** map, select and their like: they call other filters and tests. */
final class SelectFilters {
  private SelectFilters() {}

  static void addTo(Map<String, Filter> filters) {
    filters.put("map", SelectFilters::map);
    filters.put("select", (i, value, args) -> select(i, value, args, true, false));
    filters.put("reject", (i, value, args) -> select(i, value, args, false, false));
    filters.put("selectattr", (i, value, args) -> select(i, value, args, true, true));
    filters.put("rejectattr", (i, value, args) -> select(i, value, args, false, true));
  }

  private static Value map(Interpreter interpreter, Value value, Args args) {
    return Lazy.generator(
        () -> {
          if (!Python.truth(value)) {
            return List.<Value>of().iterator();
          }
          Function<Value, Value> function = function(interpreter, args);
          List<Value> mapped = new ArrayList<>();
          for (Value item : interpreter.list(value)) {
            mapped.add(function.apply(item));
          }
          return mapped.iterator();
        });
  }

  private static Function<Value, Value> function(Interpreter interpreter, Args args) {
    if (args.positional().isEmpty() && args.keywords().containsKey("attribute")) {
      Map<String, Value> rest = new HashMap<>(args.keywords());
      AttributePath path = AttributePath.of(rest.remove("attribute"));
      Value otherwise = rest.remove("default");
      if (!rest.isEmpty()) {
        throw new TemplateException(
            ErrorKind.FILTER_ARGUMENT,
            "Unexpected keyword argument '" + rest.keySet().iterator().next() + "'");
      }
      Value given = otherwise instanceof Value.NoneValue ? null : otherwise;
      return item -> path.get(item, given, interpreter);
    }
    if (args.positional().isEmpty()) {
      throw new TemplateException(ErrorKind.FILTER_ARGUMENT, "map requires a filter argument");
    }
    String name = interpreter.str(args.positional().getFirst()).string();
    Filter filter = Filters.named(name);
    if (filter == null) {
      throw new TemplateException(ErrorKind.RUNTIME, "No filter named '" + name + "'.");
    }
    Args rest = args.from(1);
    return item -> {
      interpreter.budget().enter();
      Value result = filter.apply(interpreter, item, rest);
      interpreter.budget().leave();
      return result;
    };
  }

  private static Value select(
      Interpreter interpreter, Value value, Args args, boolean wanted, boolean byAttribute) {
    return Lazy.generator(
        () -> {
          if (!Python.truth(value)) {
            return List.<Value>of().iterator();
          }
          Predicate<Value> predicate = predicate(interpreter, args, byAttribute);
          List<Value> kept = new ArrayList<>();
          for (Value item : interpreter.list(value)) {
            if (predicate.test(item) == wanted) {
              kept.add(item);
            }
          }
          return kept.iterator();
        });
  }

  private static Predicate<Value> predicate(
      Interpreter interpreter, Args args, boolean byAttribute) {
    int nameAt = byAttribute ? 1 : 0;
    if (byAttribute && args.positional().isEmpty()) {
      throw new TemplateException(
          ErrorKind.FILTER_ARGUMENT, "Missing parameter for attribute name");
    }
    AttributePath path =
        byAttribute ? AttributePath.of(args.positional().getFirst()) : AttributePath.of(null);
    if (args.positional().size() <= nameAt) {
      return item -> Python.truth(path.get(item, null, interpreter));
    }
    String name = interpreter.str(args.positional().get(nameAt)).string();
    Test test = Tests.named(name);
    if (test == null) {
      throw new TemplateException(ErrorKind.RUNTIME, "No test named '" + name + "'.");
    }
    Args rest = args.from(nameAt + 1);
    return item -> test.holds(interpreter, path.get(item, null, interpreter), rest);
  }
}
