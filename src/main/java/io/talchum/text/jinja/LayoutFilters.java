package io.talchum.text.jinja;

import io.talchum.text.jinja.Value.NoneValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Filters that arrange lines. */
final class LayoutFilters {
  private static final int TRUNCATE_LEEWAY = 5;

  private LayoutFilters() {}

  static void addTo(Map<String, Filter> filters) {
    filters.put("indent", LayoutFilters::indent);
    filters.put("center", LayoutFilters::center);
    filters.put("truncate", LayoutFilters::truncate);
    filters.put("wordwrap", LayoutFilters::wordWrap);
    filters.put("wordcount", (i, value, args) -> Value.of(wordCount(i.str(value).string())));
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

  private static Value center(Interpreter interpreter, Value value, Args args) {
    Value width = args.bind("center", "width")[0];
    return Padding.pad(
        interpreter.str(value),
        width == null ? 80 : Python.index(width),
        Text.template(" "),
        "center",
        interpreter);
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

  private static Value wordWrap(Interpreter interpreter, Value value, Args args) {
    @Nullable Value[] bound =
        args.bind("wordwrap", "width", "break_long_words", "wrapstring", "break_on_hyphens");
    Text text = StringMethods.string(value, "wordwrap");
    int width = bound[0] == null ? 79 : Python.index(bound[0]);
    if (width <= 0) {
      throw TemplateException.value("invalid width " + width + " (must be > 0)");
    }
    boolean breakLong = bound[1] == null || Python.truth(bound[1]);
    boolean hyphens = bound[3] == null || Python.truth(bound[3]);
    String wrap =
        bound[2] == null || bound[2] instanceof NoneValue
            ? "\n"
            : StringMethods.string(bound[2], "wordwrap").string();
    WordWrap wrapper = new WordWrap(width, breakLong, hyphens, interpreter.budget());
    List<String> lines = new ArrayList<>();
    for (Text line : Splitting.lines(text, false)) {
      List<String> wrapped = wrapper.wrap(line.string());
      lines.add(String.join(wrap, wrapped));
    }
    interpreter.budget().text(text.string().length() + (long) lines.size() * wrap.length());
    return Text.of(String.join(wrap, lines), text.isAllTemplate());
  }

  private static long wordCount(String text) {
    long words = 0;
    boolean inWord = false;
    for (int i = 0; i < text.length(); i++) {
      boolean word = PythonText.isWord(text.charAt(i));
      if (word && !inWord) {
        words++;
      }
      inWord = word;
    }
    return words;
  }
}
