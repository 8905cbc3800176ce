package io.talchum.text.jinja;

import io.talchum.text.jinja.Value.BoolValue;
import io.talchum.text.jinja.Value.DictValue;
import io.talchum.text.jinja.Value.FloatValue;
import io.talchum.text.jinja.Value.IntValue;
import io.talchum.text.jinja.Value.ListValue;
import io.talchum.text.jinja.Value.NoneValue;
import io.talchum.text.jinja.Value.TupleValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The filter tojson as transformers defines it: Python's json.dumps, no HTML escaping. */
final class PythonJson {
  private final StringBuilder out = new StringBuilder();
  private final Budget budget;
  private final boolean ensureAscii;
  private final boolean sortKeys;
  private final @Nullable String indent;
  private final String itemSeparator;
  private final String keySeparator;
  private int level;
  private int charged;

  private PythonJson(
      Budget budget,
      boolean ensureAscii,
      boolean sortKeys,
      @Nullable String indent,
      String itemSeparator,
      String keySeparator) {
    this.budget = budget;
    this.ensureAscii = ensureAscii;
    this.sortKeys = sortKeys;
    this.indent = indent;
    this.itemSeparator = itemSeparator;
    this.keySeparator = keySeparator;
  }

  static Value dump(Interpreter interpreter, Value value, Args args) {
    @Nullable Value[] bound =
        args.bind("tojson", "ensure_ascii", "indent", "separators", "sort_keys");
    String indent = indent(bound[1], interpreter);
    String itemSeparator = indent == null ? ", " : ",";
    String keySeparator = ": ";
    if (bound[2] != null && !(bound[2] instanceof NoneValue)) {
      List<Value> separators = interpreter.list(bound[2]);
      if (separators.size() != 2) {
        throw TemplateException.value("separators must be a pair");
      }
      itemSeparator = StringMethods.string(separators.get(0), "separators").string();
      keySeparator = StringMethods.string(separators.get(1), "separators").string();
    }
    PythonJson json =
        new PythonJson(
            interpreter.budget(),
            bound[0] != null && Python.truth(bound[0]),
            bound[3] != null && Python.truth(bound[3]),
            indent,
            itemSeparator,
            keySeparator);
    json.write(value);
    json.charge();
    return Text.data(json.out.toString());
  }

  private static @Nullable String indent(@Nullable Value value, Interpreter interpreter) {
    if (value == null || value instanceof NoneValue) {
      return null;
    }
    if (value instanceof Text text) {
      return text.string();
    }
    return Operators.repeat(
            Text.template(" "), Math.max(0, Python.index(value)), interpreter.budget())
        .string();
  }

  private void write(Value value) {
    budget.step();
    budget.enter();
    charge();
    switch (value) {
      case Text text -> string(text.string());
      case NoneValue none -> out.append("null");
      case BoolValue truth -> out.append(truth == BoolValue.TRUE);
      case IntValue number -> out.append(Repr.integer(number.value()));
      case FloatValue number -> out.append(number(number.value()));
      case ListValue list -> array(list.items());
      case TupleValue tuple -> array(tuple.items());
      case DictValue dict -> object(dict);
      default ->
          throw TemplateException.type(
              "Object of type " + Python.typeName(value) + " is not JSON serializable");
    }
    budget.leave();
  }

  private void charge() {
    budget.grow(out.length(), out.length() - charged);
    charged = out.length();
  }

  private static String number(double value) {
    if (Double.isNaN(value)) {
      return "NaN";
    }
    return Double.isInfinite(value) ? (value > 0 ? "Infinity" : "-Infinity") : Repr.number(value);
  }

  private void array(List<Value> items) {
    if (items.isEmpty()) {
      out.append("[]");
      return;
    }
    out.append('[');
    level++;
    String separator = "";
    for (Value item : items) {
      out.append(separator);
      newLine();
      write(item);
      separator = itemSeparator;
    }
    level--;
    newLine();
    out.append(']');
  }

  private void object(DictValue dict) {
    if (dict.entries().isEmpty()) {
      out.append("{}");
      return;
    }
    out.append('{');
    level++;
    String separator = "";
    for (Map.Entry<DictKey, Value> entry : entries(dict)) {
      out.append(separator);
      newLine();
      string(key(entry.getKey().value()));
      out.append(keySeparator);
      write(entry.getValue());
      separator = itemSeparator;
    }
    level--;
    newLine();
    out.append('}');
  }

  private List<Map.Entry<DictKey, Value>> entries(DictValue dict) {
    List<Map.Entry<DictKey, Value>> entries = new ArrayList<>(dict.entries().entrySet());
    if (sortKeys) {
      entries.sort(
          (a, b) -> Comparing.compare(a.getKey().value(), b.getKey().value(), "<", budget));
    }
    return entries;
  }

  private static String key(Value key) {
    return switch (key) {
      case Text text -> text.string();
      case BoolValue truth -> truth == BoolValue.TRUE ? "true" : "false";
      case NoneValue none -> "null";
      case IntValue number -> Repr.integer(number.value());
      case FloatValue number -> number(number.value());
      default ->
          throw TemplateException.type(
              "keys must be str, int, float, bool or None, not " + Python.typeName(key));
    };
  }

  private void newLine() {
    if (indent != null) {
      budget.grow(out.length(), (long) indent.length() * level);
      out.append('\n').repeat(indent, level);
    }
  }

  private void string(String string) {
    budget.text(string.length());
    out.append('"');
    for (int i = 0; i < string.length(); i++) {
      char c = string.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case '\f' -> out.append("\\f");
        case '\b' -> out.append("\\b");
        default -> {
          if (c < ' ' || (ensureAscii && c > '~')) {
            out.append("\\u").append("%04x".formatted((int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }
}
