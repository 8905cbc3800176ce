package io.talchum.text.jinja;

import io.talchum.text.jinja.Value.NoneValue;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Filters from text to text. */
final class TextFilters {
  private static final Pattern WORD_START = Pattern.compile("([-\\s({\\[<]+)");

  private TextFilters() {}

  static void addTo(Map<String, Filter> filters) {
    filters.put("string", (i, value, args) -> none(args, "string", i.str(value)));
    filters.put("upper", (i, value, args) -> i.str(value).derive(Casing::upper));
    filters.put("lower", (i, value, args) -> i.str(value).derive(Casing::lower));
    filters.put("capitalize", (i, value, args) -> i.str(value).derive(Casing::capitalize));
    filters.put("title", (i, value, args) -> i.str(value).derive(TextFilters::title));
    filters.put("trim", TextFilters::trim);
    filters.put("replace", TextFilters::replace);
    filters.put("escape", (i, value, args) -> Html.escape(i.str(value), i.budget()));
    filters.put("e", (i, value, args) -> Html.escape(i.str(value), i.budget()));
    filters.put("safe", (i, value, args) -> i.str(value).withMarkup(true));
    filters.put("tojson", PythonJson::dump);
    filters.put("join", TextFilters::join);
  }

  private static Value none(Args args, String filter, Value value) {
    args.bind(filter);
    return value;
  }

  private static Value trim(Interpreter interpreter, Value value, Args args) {
    Value chars = args.bind("trim", "chars")[0];
    String set =
        chars == null || chars instanceof NoneValue
            ? null
            : StringMethods.string(chars, "strip").string();
    return StringMethods.strip(interpreter.str(value), set, true, true);
  }

  private static Value replace(Interpreter interpreter, Value value, Args args) {
    Value[] bound = Bound.required(args, "replace", 2, "old", "new", "count");
    boolean counted = bound.length > 2 && !(bound[2] instanceof NoneValue);
    return StringMethods.replace(
        interpreter.str(value),
        interpreter.str(bound[0]),
        interpreter.str(bound[1]),
        counted ? Python.index(bound[2]) : -1,
        interpreter);
  }

  private static String title(String string) {
    StringBuilder out = new StringBuilder(string.length());
    int at = 0;
    var matcher = WORD_START.matcher(string);
    while (matcher.find()) {
      titleWord(string.substring(at, matcher.start()), out);
      out.append(matcher.group());
      at = matcher.end();
    }
    titleWord(string.substring(at), out);
    return out.toString();
  }

  private static void titleWord(String word, StringBuilder out) {
    if (!word.isEmpty()) {
      int first = Character.charCount(word.codePointAt(0));
      out.append(Casing.upper(word.substring(0, first)));
      out.append(Casing.lower(word.substring(first)));
    }
  }

  private static Value join(Interpreter interpreter, Value value, Args args) {
    @Nullable Value[] bound = args.bind("join", "d", "attribute");
    Text separator = bound[0] == null ? Text.EMPTY : interpreter.str(bound[0]);
    Value path = bound[1];
    boolean byAttribute = path != null && !(path instanceof NoneValue);
    TextBuilder out = new TextBuilder(interpreter.budget());
    boolean first = true;
    for (Value item : interpreter.list(value)) {
      if (!first) {
        out.append(separator);
      }
      first = false;
      Value part = byAttribute ? AttributePath.of(path).get(item, null, interpreter) : item;
      out.append(interpreter.str(part));
    }
    return out.build();
  }
}
