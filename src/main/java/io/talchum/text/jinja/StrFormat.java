package io.talchum.text.jinja;

import io.talchum.text.jinja.Value.Undefined;

/** str.format in the sandbox; the pieces keep their origins. */
final class StrFormat {
  private static final int MAX_NESTING = 2;

  private final Args args;
  private final Interpreter interpreter;
  private int nextPlace;

  private StrFormat(Args args, Interpreter interpreter) {
    this.args = args;
    this.interpreter = interpreter;
  }

  static Text format(Text format, Args args, Interpreter interpreter) {
    return new StrFormat(args, interpreter).run(format, MAX_NESTING).withMarkup(format.isMarkup());
  }

  private Text run(Text format, int nesting) {
    if (nesting == 0) {
      throw TemplateException.value("Max string recursion exceeded");
    }
    TextBuilder out = new TextBuilder(interpreter.budget());
    String string = format.string();
    int at = 0;
    while (at < string.length()) {
      char c = string.charAt(at);
      boolean doubled = at + 1 < string.length() && string.charAt(at + 1) == c;
      if ((c == '{' || c == '}') && doubled) {
        out.append(format, at, at + 1);
        at += 2;
      } else if (c == '{') {
        int close = fieldEnd(string, at + 1);
        out.append(field(format.substring(at + 1, close), nesting));
        at = close + 1;
      } else if (c == '}') {
        throw TemplateException.value("Single '}' encountered in format string");
      } else {
        int end = plainEnd(string, at);
        out.append(format, at, end);
        at = end;
      }
    }
    return out.build();
  }

  private static int plainEnd(String string, int from) {
    int end = from;
    while (end < string.length() && string.charAt(end) != '{' && string.charAt(end) != '}') {
      end++;
    }
    return end;
  }

  private static int fieldEnd(String string, int from) {
    int open = 1;
    for (int i = from; i < string.length(); i++) {
      char c = string.charAt(i);
      if (c == '{') {
        open++;
      } else if (c == '}' && --open == 0) {
        return i;
      }
    }
    throw TemplateException.value(
        from == string.length()
            ? "Single '{' encountered in format string"
            : "expected '}' before end of string");
  }

  private Text field(Text field, int nesting) {
    String string = field.string();
    int nameEnd = nameEnd(string);
    Value value = lookUp(string.substring(0, nameEnd));
    int at = nameEnd;
    if (string.startsWith("!", at)) {
      char conversion = at + 1 < string.length() ? string.charAt(at + 1) : 0;
      value =
          switch (conversion) {
            case 's' -> interpreter.str(value);
            case 'r', 'a' -> Text.data(Repr.repr(value, interpreter.budget()));
            default ->
                throw TemplateException.value(
                    "Unknown conversion specifier " + Repr.quote(String.valueOf(conversion)));
          };
      at += 2;
      if (at < string.length() && string.charAt(at) != ':') {
        throw TemplateException.value("expected ':' after conversion specifier");
      }
    }
    String spec =
        at < string.length()
            ? run(field.substring(at + 1, string.length()), nesting - 1).string()
            : "";
    return FormatSpec.format(value, spec, interpreter);
  }

  private static int nameEnd(String field) {
    boolean inBrackets = false;
    for (int i = 0; i < field.length(); i++) {
      char c = field.charAt(i);
      if (c == '[') {
        inBrackets = true;
      } else if (c == ']') {
        inBrackets = false;
      } else if (!inBrackets && (c == '!' || c == ':')) {
        return i;
      }
    }
    return field.length();
  }

  private Value lookUp(String name) {
    int end = 0;
    while (end < name.length() && name.charAt(end) != '.' && name.charAt(end) != '[') {
      end++;
    }
    Value value = argument(name.substring(0, end));
    while (end < name.length()) {
      boolean dot = name.charAt(end) == '.';
      int stop = dot ? attributeEnd(name, end + 1) : name.indexOf(']', end);
      if (stop < 0) {
        throw TemplateException.value("Missing ']' in format string");
      }
      String part = name.substring(end + 1, stop);
      if (part.isEmpty()) {
        throw TemplateException.value("Empty attribute in format string");
      }
      boolean digits = !dot && part.chars().allMatch(Character::isDigit);
      value =
          dot
              ? Attributes.attribute(value, part, interpreter)
              : Attributes.item(
                  value,
                  digits && part.length() < 10
                      ? Value.of(Long.parseLong(part))
                      : Text.template(part),
                  interpreter);
      end = dot ? stop : stop + 1;
    }
    return value instanceof Undefined ? Text.EMPTY : value;
  }

  private static int attributeEnd(String name, int from) {
    int end = from;
    while (end < name.length() && name.charAt(end) != '.' && name.charAt(end) != '[') {
      end++;
    }
    return end;
  }

  private Value argument(String name) {
    boolean digits = name.chars().allMatch(Character::isDigit);
    if (!digits) {
      Value value = args.keywords().get(name);
      if (value == null) {
        throw new TemplateException(ErrorKind.KEY, Repr.quote(name));
      }
      return value;
    }
    int place;
    if (name.isEmpty()) {
      place = nextPlace++;
    } else {
      place = name.length() > 9 ? Integer.MAX_VALUE : Integer.parseInt(name);
    }
    if (place >= args.positional().size()) {
      throw new TemplateException(
          ErrorKind.INDEX,
          "Replacement index " + place + " out of range for positional args tuple");
    }
    return args.positional().get(place);
  }
}
