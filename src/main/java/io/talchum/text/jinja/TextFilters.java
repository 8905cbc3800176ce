package io.talchum.text.jinja;

import io.talchum.text.jinja.Value.DictValue;
import io.talchum.text.jinja.Value.NoneValue;
import io.talchum.text.jinja.Value.Undefined;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Filters from text to text. */
final class TextFilters {
  private static final Pattern WORD_START = Pattern.compile("([-\\s({\\[<]+)");
  private static final Pattern BAD_ATTRIBUTE = Pattern.compile("[ \t\n\r\f\u000B/>=]");
  private static final String UNQUOTED = "_.-~";

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
    filters.put(
        "forceescape", (i, value, args) -> Html.escape(i.str(value).withMarkup(false), i.budget()));
    filters.put("safe", (i, value, args) -> i.str(value).withMarkup(true));
    filters.put(
        "striptags", (i, value, args) -> i.str(value).withMarkup(false).derive(Html::stripTags));
    filters.put("tojson", PythonJson::dump);
    filters.put("pprint", (i, value, args) -> Text.data(Repr.repr(value, i.budget())));
    filters.put("urlencode", TextFilters::urlEncode);
    filters.put("xmlattr", TextFilters::xmlAttributes);
    filters.put("format", TextFilters::format);
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

  private static Value format(Interpreter interpreter, Value value, Args args) {
    if (!args.positional().isEmpty() && !args.keywords().isEmpty()) {
      throw new TemplateException(
          ErrorKind.FILTER_ARGUMENT,
          "can't handle positional and keyword arguments at the same time");
    }
    Value operand;
    if (args.keywords().isEmpty()) {
      operand = new Value.TupleValue(args.positional());
    } else {
      DictValue dict = new DictValue();
      args.keywords().forEach((name, item) -> dict.entries().put(DictKey.of(name), item));
      operand = dict;
    }
    return Printf.format(interpreter.str(value), operand, interpreter);
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

  private static Value urlEncode(Interpreter interpreter, Value value, Args args) {
    args.bind("urlencode");
    if (value instanceof Text || !Python.isIterable(value)) {
      return interpreter.str(value).derive(text -> quote(text, false));
    }
    List<Value> pairs =
        interpreter.list(
            value instanceof DictValue dict
                ? new Value.DictView(dict, Value.DictView.Kind.ITEMS)
                : value);
    StringBuilder out = new StringBuilder();
    for (Value pair : pairs) {
      List<Value> both = interpreter.list(pair);
      if (both.size() != 2) {
        throw TemplateException.value("urlencode needs (key, value) pairs");
      }
      out.append(out.isEmpty() ? "" : "&")
          .append(quote(interpreter.str(both.get(0)).string(), true))
          .append('=')
          .append(quote(interpreter.str(both.get(1)).string(), true));
    }
    return Text.data(out.toString());
  }

  private static String quote(String text, boolean inQuery) {
    StringBuilder out = new StringBuilder(text.length());
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xFF);
      boolean plain =
          (c < 128 && Character.isLetterOrDigit(c))
              || UNQUOTED.indexOf(c) >= 0
              || (c == '/' && !inQuery);
      if (plain) {
        out.append(c);
      } else if (c == ' ' && inQuery) {
        out.append('+');
      } else {
        out.append("%%%02X".formatted((int) c));
      }
    }
    return out.toString();
  }

  private static Value xmlAttributes(Interpreter interpreter, Value value, Args args) {
    Value spaced = args.bind("xmlattr", "autospace")[0];
    if (!(value instanceof DictValue dict)) {
      throw new TemplateException(
          ErrorKind.ATTRIBUTE, "'" + Python.typeName(value) + "' object has no attribute 'items'");
    }
    TextBuilder out = new TextBuilder(interpreter.budget());
    for (Map.Entry<DictKey, Value> entry : dict.entries().entrySet()) {
      Value item = entry.getValue();
      if (item instanceof NoneValue || item instanceof Undefined) {
        continue;
      }
      Text key = interpreter.str(entry.getKey().value());
      if (BAD_ATTRIBUTE.matcher(key.string()).find()) {
        throw TemplateException.value(
            "Invalid character in attribute name: " + Repr.quote(key.string()));
      }
      if (out.length() > 0 || spaced == null || Python.truth(spaced)) {
        out.append(" ", true);
      }
      out.append(Html.escape(key, interpreter.budget()))
          .append("=\"", true)
          .append(Html.escape(interpreter.str(item), interpreter.budget()))
          .append("\"", true);
    }
    return out.build();
  }
}
