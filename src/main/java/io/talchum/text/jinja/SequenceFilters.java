package io.talchum.text.jinja;

import io.talchum.text.jinja.Value.DictValue;
import io.talchum.text.jinja.Value.DictView;
import io.talchum.text.jinja.Value.IteratorValue;
import io.talchum.text.jinja.Value.ListValue;
import io.talchum.text.jinja.Value.TupleValue;
import io.talchum.text.jinja.Value.Undefined;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Filters over lists and dicts. */
final class SequenceFilters {
  private SequenceFilters() {}

  static void addTo(Map<String, Filter> filters) {
    filters.put("length", (i, value, args) -> length(value));
    filters.put("count", (i, value, args) -> length(value));
    filters.put("list", (i, value, args) -> new ListValue(i.list(value)));
    filters.put("first", (i, value, args) -> first(value));
    filters.put("last", (i, value, args) -> last(i, value));
    filters.put("reverse", (i, value, args) -> reverse(i, value));
    filters.put("default", SequenceFilters::defaulted);
    filters.put("d", SequenceFilters::defaulted);
    filters.put("items", (i, value, args) -> items(value));
    filters.put("attr", SequenceFilters::attribute);
    filters.put("sum", SequenceFilters::sum);
    filters.put("unique", SequenceFilters::unique);
    Sorting.addTo(filters);
  }

  private static Value length(Value value) {
    Long length = Python.length(value);
    if (length == null) {
      throw TemplateException.type("object of type '" + Python.typeName(value) + "' has no len()");
    }
    return Value.of(length);
  }

  private static Value first(Value value) {
    Iterator<Value> items = Python.iterate(value);
    return items.hasNext()
        ? items.next()
        : new Undefined(ErrorKind.UNDEFINED, "No first item, sequence was empty.");
  }

  private static Value last(Interpreter interpreter, Value value) {
    if (value instanceof IteratorValue) {
      throw TemplateException.type("'" + Python.typeName(value) + "' object is not reversible");
    }
    List<Value> items = interpreter.list(value);
    return items.isEmpty()
        ? new Undefined(ErrorKind.UNDEFINED, "No last item, sequence was empty.")
        : items.getLast();
  }

  private static Value reverse(Interpreter interpreter, Value value) {
    if (value instanceof Text text) {
      return Operators.slice(text, null, null, Value.of(-1), interpreter.budget());
    }
    if (!Python.isIterable(value)) {
      throw new TemplateException(ErrorKind.FILTER_ARGUMENT, "argument must be iterable");
    }
    List<Value> reversed = Operators.reversed(interpreter.list(value));
    return value instanceof IteratorValue
        ? new ListValue(reversed)
        : new IteratorValue(reversed.iterator(), Python.typeName(value) + "_reverseiterator");
  }

  private static Value defaulted(Interpreter interpreter, Value value, Args args) {
    @Nullable Value[] bound = args.bind("default", "default_value", "boolean");
    boolean falsy = bound[1] != null && Python.truth(bound[1]) && !Python.truth(value);
    if (value instanceof Undefined || falsy) {
      return bound[0] == null ? Text.EMPTY : bound[0];
    }
    return value;
  }

  private static Value items(Value value) {
    if (value instanceof Undefined) {
      return new IteratorValue(List.<Value>of().iterator(), "generator");
    }
    if (!(value instanceof DictValue dict)) {
      return Lazy.generator(
          () -> {
            throw TemplateException.type("Can only get item pairs from a mapping.");
          });
    }
    return new IteratorValue(
        Python.items(new DictView(dict, DictView.Kind.ITEMS)).iterator(), "generator");
  }

  private static Value attribute(Interpreter interpreter, Value value, Args args) {
    Text name = interpreter.str(Bound.required(args, "attr", 1, "name")[0]);
    if (value instanceof Undefined undefined) {
      throw undefined.raise();
    }
    Value found = Attributes.own(value, name.string(), interpreter);
    return found == null ? Attributes.missing(value, name) : found;
  }

  private static Value sum(Interpreter interpreter, Value value, Args args) {
    @Nullable Value[] bound = args.bind("sum", "attribute", "start");
    Value total = bound[1] == null ? Value.of(0) : bound[1];
    if (total instanceof Text) {
      throw TemplateException.type("sum() can't sum strings [use ''.join(seq) instead]");
    }
    AttributePath path = AttributePath.of(bound[0]);
    for (Value item : interpreter.list(value)) {
      Value part = path.get(item, null, interpreter);
      total = Operators.apply(Expr.Arithmetic.ADD, total, part, interpreter);
    }
    return total;
  }

  private static Value unique(Interpreter interpreter, Value value, Args args) {
    @Nullable Value[] bound = args.bind("unique", "case_sensitive", "attribute");
    boolean caseSensitive = bound[0] != null && Python.truth(bound[0]);
    AttributePath path = AttributePath.of(bound[1]);
    return Lazy.generator(
        () -> {
          Set<DictKey> seen = new HashSet<>();
          List<Value> kept = new ArrayList<>();
          for (Value item : interpreter.list(value)) {
            Value key = path.get(item, null, interpreter);
            if (seen.add(DictKey.of(caseSensitive ? key : Sorting.ignoreCase(key)))) {
              kept.add(item);
            }
          }
          return kept.iterator();
        });
  }

  static TupleValue pair(Value first, Value second) {
    return TupleValue.of(first, second);
  }
}
