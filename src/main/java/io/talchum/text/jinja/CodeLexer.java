package io.talchum.text.jinja;

import io.talchum.text.jinja.Token.Kind;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Tokens inside of a tag. */
final class CodeLexer {
  private static final Pattern FLOAT =
      Pattern.compile(
          "(?<!\\.)(?:\\d+_)*+\\d++(?:(?:\\.(?:\\d+_)*+\\d++)?[eE][+\\-]?(?:\\d+_)*+\\d++"
              + "|\\.(?:\\d+_)*+\\d++)");
  private static final Pattern INTEGER =
      Pattern.compile(
          "0[bB](?:_?[0-1])++|0[oO](?:_?[0-7])++|0[xX](?:_?[\\da-fA-F])++"
              + "|[1-9](?:_?\\d)*+|0(?:_?0)*+");
  private static final String OPERATORS = "+-/*%~[](){}=<>.:|,;";

  private final String source;
  private final Matcher floatMatcher;
  private final Matcher integerMatcher;
  private int end;

  CodeLexer(String source) {
    this.source = source;
    this.floatMatcher = FLOAT.matcher(source).useTransparentBounds(true);
    this.integerMatcher = INTEGER.matcher(source);
  }

  /** Where the last token ended. */
  int end() {
    return end;
  }

  Token next(int at, int line) {
    char c = source.charAt(at);
    if (c >= '0' && c <= '9') {
      return number(at, line);
    }
    if (PythonText.isWord(source.codePointAt(at))) {
      return name(at, line);
    }
    if (c == '\'' || c == '"') {
      return string(at, line, c);
    }
    return operator(at, line);
  }

  private Token number(int at, int line) {
    if (floatMatcher.region(at, source.length()).lookingAt()) {
      end = floatMatcher.end();
      return new Token(Kind.FLOAT, floatMatcher.group().replace("_", ""), line);
    }
    if (!integerMatcher.region(at, source.length()).lookingAt()) {
      throw unexpected(at, line);
    }
    end = integerMatcher.end();
    return new Token(Kind.INTEGER, integerMatcher.group().replace("_", ""), line);
  }

  private Token name(int at, int line) {
    end = at;
    while (end < source.length() && PythonText.isWord(source.codePointAt(end))) {
      end += Character.charCount(source.codePointAt(end));
    }
    String name = source.substring(at, end);
    if (!name.codePoints().allMatch(p -> Character.isUnicodeIdentifierPart(p) || p == '_')) {
      throw new TemplateException(ErrorKind.SYNTAX, "Invalid character in identifier", line);
    }
    return new Token(Kind.NAME, name, line);
  }

  private Token string(int at, int line, char quote) {
    for (int i = at + 1; i < source.length(); i++) {
      char c = source.charAt(i);
      if (c == '\\') {
        i++;
      } else if (c == quote) {
        end = i + 1;
        return new Token(Kind.STRING, unescape(source.substring(at + 1, i), line), line);
      }
    }
    throw unexpected(at, line);
  }

  private Token operator(int at, int line) {
    String two = at + 2 <= source.length() ? source.substring(at, at + 2) : "";
    switch (two) {
      case "//", "**", "==", "!=", ">=", "<=" -> {
        end = at + 2;
        return new Token(Kind.OPERATOR, two, line);
      }
      default -> {
        if (OPERATORS.indexOf(source.charAt(at)) < 0) {
          throw unexpected(at, line);
        }
        end = at + 1;
        return new Token(Kind.OPERATOR, source.substring(at, end), line);
      }
    }
  }

  private TemplateException unexpected(int at, int line) {
    String shown = Repr.quote(new String(Character.toChars(source.codePointAt(at))));
    return new TemplateException(
        ErrorKind.SYNTAX, "unexpected char " + shown + " at " + source.codePointCount(0, at), line);
  }

  /** Python's unicode-escape codec. */
  private static String unescape(String raw, int line) {
    if (raw.indexOf('\\') < 0) {
      return raw;
    }
    StringBuilder out = new StringBuilder(raw.length());
    int i = 0;
    while (i < raw.length()) {
      char c = raw.charAt(i++);
      if (c != '\\') {
        out.append(c);
        continue;
      }
      char escape = i < raw.length() ? raw.charAt(i++) : '\\';
      i = escape(raw, i, escape, out, line);
    }
    return out.toString();
  }

  private static int escape(String raw, int after, char escape, StringBuilder out, int line) {
    switch (escape) {
      case '\n' -> {}
      case 'n' -> out.append('\n');
      case 't' -> out.append('\t');
      case 'r' -> out.append('\r');
      case 'a' -> out.append('\u0007');
      case 'b' -> out.append('\b');
      case 'f' -> out.append('\f');
      case 'v' -> out.append('\u000B');
      case '\\', '\'', '"' -> out.append(escape);
      case 'x' -> {
        return hex(raw, after, 2, out, line);
      }
      case 'u' -> {
        return hex(raw, after, 4, out, line);
      }
      case 'U' -> {
        return hex(raw, after, 8, out, line);
      }
      case '0', '1', '2', '3', '4', '5', '6', '7' -> {
        return octal(raw, after - 1, out);
      }
      default -> out.append('\\').append(escape);
    }
    return after;
  }

  private static int hex(String raw, int from, int digits, StringBuilder out, int line) {
    try {
      int code = Integer.parseUnsignedInt(raw, from, from + digits, 16);
      if (raw.charAt(from) != '+' && Character.isValidCodePoint(code)) {
        out.appendCodePoint(code);
        return from + digits;
      }
    } catch (NumberFormatException | IndexOutOfBoundsException e) {
      throw new TemplateException(ErrorKind.SYNTAX, "truncated escape in a string", line);
    }
    throw new TemplateException(ErrorKind.SYNTAX, "illegal Unicode character", line);
  }

  private static int octal(String raw, int from, StringBuilder out) {
    int end = from;
    int code = 0;
    while (end < raw.length()
        && end < from + 3
        && raw.charAt(end) >= '0'
        && raw.charAt(end) <= '7') {
      code = 8 * code + raw.charAt(end++) - '0';
    }
    out.appendCodePoint(code);
    return end;
  }
}
