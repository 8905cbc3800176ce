package io.talchum.text.jinja;

import io.talchum.text.jinja.Value.FunctionValue;
import io.talchum.text.jinja.Value.NoneValue;
import io.talchum.text.jinja.Value.TupleValue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Methods of str. */
final class StringMethods {
  /** A method with its string bound by the caller. */
  @FunctionalInterface
  interface Method {
    Value call(Text self, Interpreter interpreter, Args args);
  }

  /** Of Python's, but in no published chat template. */
  static final List<String> NOT_SERVED =
      List.of("encode", "format", "format_map", "maketrans", "translate");

  private static final Map<String, Method> METHODS = methods();

  private StringMethods() {}

  static @Nullable Value of(Text text, String name) {
    Method method = METHODS.get(name);
    return method == null
        ? null
        : new FunctionValue(name, (interpreter, args) -> method.call(text, interpreter, args));
  }

  private static Map<String, Method> methods() {
    Map<String, Method> methods = new HashMap<>();
    mapping(methods);
    predicates(methods);
    methods.put("strip", (self, i, args) -> strip(self, chars(args, "strip"), true, true));
    methods.put("lstrip", (self, i, args) -> strip(self, chars(args, "lstrip"), true, false));
    methods.put("rstrip", (self, i, args) -> strip(self, chars(args, "rstrip"), false, true));
    methods.put("split", (self, i, args) -> Splitting.split(self, i, args, false));
    methods.put("rsplit", (self, i, args) -> Splitting.split(self, i, args, true));
    methods.put("splitlines", Splitting::splitLines);
    methods.put("partition", (self, i, args) -> Splitting.partition(self, args, false));
    methods.put("rpartition", (self, i, args) -> Splitting.partition(self, args, true));
    methods.put("startswith", (self, i, args) -> Value.of(affix(self, args, "startswith", true)));
    methods.put("endswith", (self, i, args) -> Value.of(affix(self, args, "endswith", false)));
    methods.put("find", (self, i, args) -> Value.of(Searching.find(self, args, "find")));
    methods.put("rfind", (self, i, args) -> Value.of(Searching.find(self, args, "rfind")));
    methods.put("index", (self, i, args) -> Searching.index(self, args, "find"));
    methods.put("rindex", (self, i, args) -> Searching.index(self, args, "rfind"));
    methods.put("count", (self, i, args) -> Value.of(Searching.count(self, args)));
    methods.put("replace", StringMethods::replace);
    methods.put("join", (self, i, args) -> join(self, args.required("join", 0), i));
    methods.put("removeprefix", (self, i, args) -> removeAffix(self, args, true));
    methods.put("removesuffix", (self, i, args) -> removeAffix(self, args, false));
    Padding.addTo(methods);
    for (String name : NOT_SERVED) {
      methods.put(
          name,
          (self, i, args) -> {
            throw TemplateException.notServed("str." + name + "()");
          });
    }
    return Map.copyOf(methods);
  }

  private static void mapping(Map<String, Method> methods) {
    methods.put("upper", (self, i, args) -> self.derive(Casing::upper));
    methods.put("lower", (self, i, args) -> self.derive(Casing::lower));
    methods.put("casefold", (self, i, args) -> self.derive(Casing::fold));
    methods.put("title", (self, i, args) -> self.derive(Casing::title));
    methods.put("capitalize", (self, i, args) -> self.derive(Casing::capitalize));
    methods.put("swapcase", (self, i, args) -> self.derive(Casing::swap));
  }

  private static void predicates(Map<String, Method> methods) {
    methods.put("isdigit", (self, i, args) -> all(self, StringMethods::isDigit));
    methods.put("isdecimal", (self, i, args) -> all(self, Character::isDigit));
    methods.put("isnumeric", (self, i, args) -> all(self, StringMethods::isNumeric));
    methods.put("isalpha", (self, i, args) -> all(self, Character::isLetter));
    methods.put(
        "isalnum", (self, i, args) -> all(self, c -> Character.isLetter(c) || isNumeric(c)));
    methods.put("isspace", (self, i, args) -> all(self, PythonText::isSpace));
    methods.put("isupper", (self, i, args) -> Value.of(Casing.isUpper(self.string())));
    methods.put("islower", (self, i, args) -> Value.of(Casing.isLower(self.string())));
    methods.put("istitle", (self, i, args) -> Value.of(Casing.isTitle(self.string())));
    methods.put(
        "isascii", (self, i, args) -> Value.of(self.string().chars().allMatch(c -> c < 128)));
    methods.put(
        "isprintable",
        (self, i, args) -> Value.of(self.string().codePoints().allMatch(Repr::isPrintable)));
    methods.put("isidentifier", (self, i, args) -> Value.of(isIdentifier(self.string())));
  }

  private static boolean isIdentifier(String string) {
    return !string.isEmpty()
        && (string.charAt(0) == '_' || Character.isUnicodeIdentifierStart(string.codePointAt(0)))
        && string.codePoints().allMatch(c -> c == '_' || Character.isUnicodeIdentifierPart(c));
  }

  private static boolean isDigit(int c) {
    return Character.isDigit(c)
        || (c >= 0xB2 && c <= 0xB3)
        || c == 0xB9
        || (c >= 0x2070 && c <= 0x2089 && Character.getType(c) == Character.OTHER_NUMBER);
  }

  private static boolean isNumeric(int c) {
    return Character.isDigit(c)
        || Character.getType(c) == Character.OTHER_NUMBER
        || Character.getType(c) == Character.LETTER_NUMBER;
  }

  private static Value all(Text self, java.util.function.IntPredicate predicate) {
    return Value.of(!self.isEmpty() && self.string().codePoints().allMatch(predicate));
  }

  private static @Nullable String chars(Args args, String function) {
    Value chars = args.bind(function, "chars")[0];
    if (chars == null || chars instanceof NoneValue) {
      return null;
    }
    if (chars instanceof Text text) {
      return text.string();
    }
    throw TemplateException.type(
        function + " arg must be None or str, not " + Python.typeName(chars));
  }

  /** Takes white space, or the given characters, off the ends. */
  static Text strip(Text self, @Nullable String chars, boolean left, boolean right) {
    String string = self.string();
    int from = 0;
    int to = string.length();
    while (left && from < to && strips(string.codePointAt(from), chars)) {
      from += Character.charCount(string.codePointAt(from));
    }
    while (right && to > from && strips(string.codePointBefore(to), chars)) {
      to -= Character.charCount(string.codePointBefore(to));
    }
    return self.substring(from, to);
  }

  private static boolean strips(int c, @Nullable String chars) {
    return chars == null ? PythonText.isSpace(c) : chars.indexOf(c) >= 0;
  }

  static Text string(Value value, String function) {
    if (value instanceof Text text) {
      return text;
    }
    throw TemplateException.type(
        function + "() argument must be str, not " + Python.typeName(value));
  }

  private static boolean affix(Text self, Args args, String function, boolean prefix) {
    Value wanted = args.required(function, 0);
    Text range = Searching.window(self, args);
    List<Value> candidates = wanted instanceof TupleValue tuple ? tuple.items() : List.of(wanted);
    for (Value candidate : candidates) {
      if (!(candidate instanceof Text affix)) {
        throw TemplateException.type(
            function
                + " first arg must be str or a tuple of str, not "
                + Python.typeName(candidate));
      }
      boolean holds =
          prefix
              ? range.string().startsWith(affix.string())
              : range.string().endsWith(affix.string());
      if (holds) {
        return true;
      }
    }
    return false;
  }

  private static Value removeAffix(Text self, Args args, boolean prefix) {
    String affix = string(args.required("removeprefix", 0), "removeprefix").string();
    int length = self.string().length();
    if (prefix) {
      return self.string().startsWith(affix) ? self.substring(affix.length(), length) : self;
    }
    return !affix.isEmpty() && self.string().endsWith(affix)
        ? self.substring(0, length - affix.length())
        : self;
  }

  private static Value replace(Text self, Interpreter interpreter, Args args) {
    Value[] bound = Bound.required(args, "replace", 2, "old", "new", "count");
    int count = bound.length > 2 && bound[2] != null ? Python.index(bound[2]) : -1;
    return replace(
        self, string(bound[0], "replace"), string(bound[1], "replace"), count, interpreter);
  }

  /**
   * Replaces occurrences from the left.
   *
   * @param count at most so many; negative for all
   */
  static Text replace(Text self, Text old, Text now, int count, Interpreter interpreter) {
    TextBuilder out = new TextBuilder(interpreter.budget());
    String string = self.string();
    String wanted = old.string();
    int at = 0;
    int left = count < 0 ? Integer.MAX_VALUE : count;
    while (left-- > 0) {
      int found = string.indexOf(wanted, at);
      if (found < 0 || (wanted.isEmpty() && at > string.length())) {
        break;
      }
      interpreter.budget().step();
      if (wanted.isEmpty()) {
        out.append(now);
        int next = at < string.length() ? at + Character.charCount(string.codePointAt(at)) : at + 1;
        out.append(self, at, Math.min(next, string.length()));
        at = next;
      } else {
        out.append(self, at, found).append(now);
        at = found + wanted.length();
      }
    }
    return out.append(self, Math.min(at, string.length()), string.length())
        .build()
        .withMarkup(self.isMarkup());
  }

  /** str.join: the items must be strings. */
  private static Value join(Text separator, Value items, Interpreter interpreter) {
    TextBuilder out = new TextBuilder(interpreter.budget());
    int place = 0;
    for (Value item : interpreter.list(items)) {
      if (!(item instanceof Text text)) {
        throw TemplateException.type(
            "sequence item %d: expected str instance, %s found"
                .formatted(place, Python.typeName(item)));
      }
      if (place++ > 0) {
        out.append(separator);
      }
      out.append(text);
    }
    return out.build();
  }

  /** Pieces between white space. */
  static List<String> words(String text) {
    List<String> words = new ArrayList<>();
    int at = PythonText.skipSpace(text, 0);
    while (at < text.length()) {
      int end = at;
      while (end < text.length() && !PythonText.isSpace(text.charAt(end))) {
        end++;
      }
      words.add(text.substring(at, end));
      at = PythonText.skipSpace(text, end);
    }
    return words;
  }
}
