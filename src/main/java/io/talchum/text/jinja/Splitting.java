package io.talchum.text.jinja;

import io.talchum.text.jinja.Value.ListValue;
import io.talchum.text.jinja.Value.NoneValue;
import io.talchum.text.jinja.Value.TupleValue;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** str.split and its like; the pieces keep their origins. */
final class Splitting {
  private Splitting() {}

  static Value split(Text self, Interpreter interpreter, Args args, boolean fromRight) {
    @Nullable Value[] bound = args.bind("split", "sep", "maxsplit");
    int most = bound[1] == null ? -1 : Python.index(bound[1]);
    int limit = most < 0 ? Integer.MAX_VALUE : most;
    Value separator = bound[0];
    List<Value> pieces;
    if (separator == null || separator instanceof NoneValue) {
      pieces = fromRight ? wordsFromRight(self, limit) : words(self, limit);
    } else {
      String between = separatorOf(separator);
      pieces = fromRight ? piecesFromRight(self, between, limit) : pieces(self, between, limit);
    }
    interpreter.budget().items(pieces.size());
    interpreter.budget().text(self.string().length());
    return new ListValue(pieces);
  }

  private static String separatorOf(Value separator) {
    if (!(separator instanceof Text text)) {
      throw TemplateException.type("must be str or None, not " + Python.typeName(separator));
    }
    if (text.isEmpty()) {
      throw TemplateException.value("empty separator");
    }
    return text.string();
  }

  private static List<Value> pieces(Text self, String separator, int limit) {
    List<Value> pieces = new ArrayList<>();
    int at = 0;
    int found;
    while (pieces.size() < limit && (found = self.string().indexOf(separator, at)) >= 0) {
      pieces.add(self.substring(at, found));
      at = found + separator.length();
    }
    pieces.add(self.substring(at, self.string().length()));
    return pieces;
  }

  private static List<Value> piecesFromRight(Text self, String separator, int limit) {
    List<Value> pieces = new ArrayList<>();
    int end = self.string().length();
    while (pieces.size() < limit) {
      int found = self.string().lastIndexOf(separator, end - separator.length());
      if (end < separator.length() || found < 0) {
        break;
      }
      pieces.add(self.substring(found + separator.length(), end));
      end = found;
    }
    pieces.add(self.substring(0, end));
    Collections.reverse(pieces);
    return pieces;
  }

  private static List<Value> words(Text self, int limit) {
    String string = self.string();
    List<Value> words = new ArrayList<>();
    int at = PythonText.skipSpace(string, 0);
    while (at < string.length()) {
      if (words.size() == limit) {
        words.add(self.substring(at, string.length()));
        break;
      }
      int end = at;
      while (end < string.length() && !PythonText.isSpace(string.charAt(end))) {
        end++;
      }
      words.add(self.substring(at, end));
      at = PythonText.skipSpace(string, end);
    }
    return words;
  }

  private static List<Value> wordsFromRight(Text self, int limit) {
    String string = self.string();
    List<Value> words = new ArrayList<>();
    int end = PythonText.trimmedEnd(string, 0, string.length());
    while (end > 0) {
      if (words.size() == limit) {
        words.add(self.substring(0, end));
        break;
      }
      int from = end;
      while (from > 0 && !PythonText.isSpace(string.charAt(from - 1))) {
        from--;
      }
      words.add(self.substring(from, end));
      end = PythonText.trimmedEnd(string, 0, from);
    }
    Collections.reverse(words);
    return words;
  }

  static Value splitLines(Text self, Interpreter interpreter, Args args) {
    Value keep = args.bind("splitlines", "keepends")[0];
    List<Text> lines = lines(self, keep != null && Python.truth(keep));
    interpreter.budget().items(lines.size());
    return new ListValue(new ArrayList<>(lines));
  }

  static List<Text> lines(Text self, boolean keepEnds) {
    String string = self.string();
    List<Text> lines = new ArrayList<>();
    int at = 0;
    while (at < string.length()) {
      int end = at;
      while (end < string.length() && !PythonText.isLineBreak(string.charAt(end))) {
        end++;
      }
      int next = Math.min(end + (string.startsWith("\r\n", end) ? 2 : 1), string.length());
      lines.add(self.substring(at, keepEnds ? next : end));
      at = next;
    }
    return lines;
  }

  static Value partition(Text self, Args args, boolean fromRight) {
    String separator = separatorOf(args.required("partition", 0));
    int found = fromRight ? self.string().lastIndexOf(separator) : self.string().indexOf(separator);
    if (found < 0) {
      return fromRight
          ? TupleValue.of(Text.EMPTY, Text.EMPTY, self)
          : TupleValue.of(self, Text.EMPTY, Text.EMPTY);
    }
    int after = found + separator.length();
    return TupleValue.of(
        self.substring(0, found),
        self.substring(found, after),
        self.substring(after, self.string().length()));
  }
}
