package io.talchum.text.jinja;

import io.talchum.text.jinja.Value.NoneValue;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Filters that arrange lines. */
final class LayoutFilters {
  private static final int TRUNCATE_LEEWAY = 5;

  private LayoutFilters() {}

  static void addTo(Map<String, Filter> filters) {
    filters.put("indent", LayoutFilters::indent);
    filters.put("truncate", LayoutFilters::truncate);
  }

  private static Value indent(Interpreter interpreter, Value value, Args args) {
    @Nullable Value[] bound = args.bind("indent", "width", "first", "blank");
    if (!(value instanceof Text text)) {
      throw TemplateException.type(
          "unsupported operand type(s) for +=: '" + Python.typeName(value) + "' and 'str'");
    }
    Budget budget = interpreter.budget();
    Text indention =
        bound[0] instanceof Text given
            ? given
            : Operators.repeat(
                Text.template(" "), bound[0] == null ? 4 : Python.index(bound[0]), budget);
    boolean first = bound[1] != null && Python.truth(bound[1]);
    boolean blank = bound[2] != null && Python.truth(bound[2]);
    Text whole = new TextBuilder(budget).append(text).append("\n", true).build();
    TextBuilder out = new TextBuilder(budget);
    boolean isFirst = true;
    for (Text line : Splitting.lines(whole, false)) {
      if (!isFirst) {
        out.append("\n", true);
      }
      if (isFirst ? first : blank || !line.isEmpty()) {
        out.append(indention);
      }
      out.append(line);
      isFirst = false;
    }
    return out.build();
  }

  private static Value truncate(Interpreter interpreter, Value value, Args args) {
    @Nullable Value[] bound = args.bind("truncate", "length", "killwords", "end", "leeway");
    Text text = StringMethods.string(value, "truncate");
    int length = bound[0] == null ? 255 : Python.index(bound[0]);
    Text end = bound[2] == null ? Text.template("...") : StringMethods.string(bound[2], "truncate");
    Value room = bound[3];
    int leeway = room == null || room instanceof NoneValue ? TRUNCATE_LEEWAY : Python.index(room);
    if (length < end.codePoints() || leeway < 0) {
      throw TemplateException.value("expected length >= " + end.codePoints() + ", got " + length);
    }
    if (text.codePoints() <= (long) length + leeway) {
      return text;
    }
    Text cut = text.substring(0, text.offset(length - end.codePoints()));
    boolean killWords = bound[1] != null && Python.truth(bound[1]);
    int space = cut.string().lastIndexOf(' ');
    if (!killWords && space >= 0) {
      cut = cut.substring(0, space);
    }
    return new TextBuilder(interpreter.budget()).append(cut).append(end).build();
  }
}
