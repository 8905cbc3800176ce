package io.talchum.text.jinja;

import io.talchum.text.jinja.Value.DictValue;
import io.talchum.text.jinja.Value.DictView;
import io.talchum.text.jinja.Value.ListValue;
import io.talchum.text.jinja.Value.TupleValue;
import io.talchum.text.jinja.Value.Undefined;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Filters that put things in order. */
final class Sorting {
  private Sorting() {}

  static void addTo(Map<String, Filter> filters) {
    filters.put("sort", Sorting::sort);
    filters.put("dictsort", Sorting::dictSort);
    filters.put("min", (i, value, args) -> extreme(i, value, args, "min"));
    filters.put("max", (i, value, args) -> extreme(i, value, args, "max"));
  }

  /** Strings compare in lower case unless the filter says otherwise. */
  static Value ignoreCase(Value value) {
    return value instanceof Text text ? text.derive(Casing::lower) : value;
  }

  private static Value sort(Interpreter interpreter, Value value, Args args) {
    @Nullable Value[] bound = args.bind("sort", "reverse", "case_sensitive", "attribute");
    List<AttributePath> paths = AttributePath.several(bound[2]);
    boolean caseSensitive = isTrue(bound[1]);
    Function<Value, Value> key =
        item -> {
          List<Value> parts = new ArrayList<>();
          for (AttributePath path : paths) {
            Value part = path.get(item, null, interpreter);
            parts.add(caseSensitive ? part : ignoreCase(part));
          }
          return new ListValue(parts);
        };
    return new ListValue(sorted(interpreter.list(value), key, isTrue(bound[0]), interpreter));
  }

  private static boolean isTrue(@Nullable Value value) {
    return value != null && Python.truth(value);
  }

  private static List<Value> sorted(
      List<Value> items, Function<Value, Value> key, boolean reverse, Interpreter interpreter) {
    record Keyed(Value key, Value item) {}
    List<Keyed> keyed = new ArrayList<>(items.size());
    for (Value item : items) {
      keyed.add(new Keyed(key.apply(item), item));
    }
    // Python compares the later element with the earlier one.
    Comparator<Keyed> order =
        (a, b) -> Integer.signum(Comparing.compare(a.key(), b.key(), "<", interpreter.budget()));
    keyed.sort(reverse ? order.reversed() : order);
    List<Value> sorted = new ArrayList<>(items.size());
    keyed.forEach(k -> sorted.add(k.item()));
    return sorted;
  }

  private static Value dictSort(Interpreter interpreter, Value value, Args args) {
    @Nullable Value[] bound = args.bind("dictsort", "case_sensitive", "by", "reverse");
    boolean caseSensitive = isTrue(bound[0]);
    String by = bound[1] == null ? "key" : interpreter.str(bound[1]).string();
    if (!by.equals("key") && !by.equals("value")) {
      throw new TemplateException(
          ErrorKind.FILTER_ARGUMENT, "You can only sort by either \"key\" or \"value\"");
    }
    if (value instanceof Undefined undefined) {
      throw undefined.raise();
    }
    if (!(value instanceof DictValue dict)) {
      throw new TemplateException(
          ErrorKind.ATTRIBUTE, "'" + Python.typeName(value) + "' object has no attribute 'items'");
    }
    int place = by.equals("key") ? 0 : 1;
    Function<Value, Value> key =
        pair -> {
          Value part = ((TupleValue) pair).items().get(place);
          return caseSensitive ? part : ignoreCase(part);
        };
    List<Value> pairs = interpreter.list(new DictView(dict, DictView.Kind.ITEMS));
    return new ListValue(sorted(pairs, key, isTrue(bound[2]), interpreter));
  }

  private static Value extreme(Interpreter interpreter, Value value, Args args, String name) {
    @Nullable Value[] bound = args.bind(name, "case_sensitive", "attribute");
    boolean caseSensitive = isTrue(bound[0]);
    AttributePath path = AttributePath.of(bound[1]);
    Iterator<Value> items = interpreter.list(value).iterator();
    if (!items.hasNext()) {
      return new Undefined(ErrorKind.UNDEFINED, "No aggregated item, sequence was empty.");
    }
    Value best = items.next();
    Value bestKey = keyOf(best, path, caseSensitive, interpreter);
    while (items.hasNext()) {
      Value item = items.next();
      Value key = keyOf(item, path, caseSensitive, interpreter);
      boolean isMin = name.equals("min");
      int order = Comparing.compare(key, bestKey, isMin ? "<" : ">", interpreter.budget());
      if (isMin ? order < 0 : order > 0 && order != Integer.MAX_VALUE) {
        best = item;
        bestKey = key;
      }
    }
    return best;
  }

  private static Value keyOf(
      Value item, AttributePath path, boolean caseSensitive, Interpreter interpreter) {
    Value key = path.get(item, null, interpreter);
    return caseSensitive ? key : ignoreCase(key);
  }
}
