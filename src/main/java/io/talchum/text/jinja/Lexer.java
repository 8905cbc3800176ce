package io.talchum.text.jinja;

import io.talchum.text.jinja.Token.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** Cuts a template into tokens, by jinja2's rules with trim_blocks and lstrip_blocks on. */
final class Lexer {
  private static final int MAX_TEMPLATE_CHARS = 1 << 20;

  private final String source;
  private final List<Token> tokens = new ArrayList<>();
  private int at;
  private int line = 1;
  private int lineCountedTo;
  private boolean lineStarting = true;

  private Lexer(String source) {
    this.source = source;
  }

  static List<Token> tokenize(String template) {
    if (template.length() > MAX_TEMPLATE_CHARS) {
      throw TemplateException.limit(
          "the template has more than " + MAX_TEMPLATE_CHARS + " characters");
    }
    String source = template.replace("\r\n", "\n").replace('\r', '\n');
    if (source.endsWith("\n")) {
      source = source.substring(0, source.length() - 1);
    }
    Lexer lexer = new Lexer(source);
    lexer.run();
    return lexer.tokens;
  }

  private void run() {
    while (at < source.length()) {
      int begin = nextTag();
      if (begin < 0) {
        add(Kind.DATA, source.substring(at));
        at = source.length();
        break;
      }
      tag(begin);
    }
    add(Kind.END, "");
  }

  private int nextTag() {
    for (int i = source.indexOf('{', at); i >= 0; i = source.indexOf('{', i + 1)) {
      char next = i + 1 < source.length() ? source.charAt(i + 1) : 0;
      if (next == '%' || next == '{' || next == '#') {
        return i;
      }
    }
    return -1;
  }

  private void tag(int begin) {
    char type = source.charAt(begin + 1);
    int body = begin + 2;
    char sign = body < source.length() ? source.charAt(body) : 0;
    if (sign == '-' || sign == '+') {
      body++;
    } else {
      sign = 0;
    }
    data(begin, sign, type == '{');
    int raw = type == '%' ? rawBegin(body) : -1;
    if (raw >= 0) {
      at = raw;
      raw();
      return;
    }
    at = body;
    switch (type) {
      case '#' -> comment();
      case '%' -> {
        add(Kind.BLOCK_BEGIN, "");
        code(false);
      }
      default -> {
        add(Kind.VARIABLE_BEGIN, "");
        code(true);
      }
    }
  }

  /** Literal text before a tag; white space beside the tag as its sign and lstrip_blocks say. */
  private void data(int tagBegin, char sign, boolean isVariable) {
    int end = tagBegin;
    if (sign == '-') {
      end = PythonText.trimmedEnd(source, at, tagBegin);
    } else if (sign != '+' && !isVariable) {
      int lineBegin = tagBegin;
      while (lineBegin > at
          && source.charAt(lineBegin - 1) != '\n'
          && PythonText.isSpace(source.charAt(lineBegin - 1))) {
        lineBegin--;
      }
      if (lineBegin > at ? source.charAt(lineBegin - 1) == '\n' : lineStarting) {
        end = lineBegin;
      }
    }
    if (end > at) {
      add(Kind.DATA, source.substring(at, end));
    }
    lineStarting = false;
  }

  /** End of a raw tag whose name starts here, or -1. */
  private int rawBegin(int from) {
    int name = PythonText.skipSpace(source, from);
    if (!source.startsWith("raw", name)) {
      return -1;
    }
    int end = PythonText.skipSpace(source, name + 3);
    if (source.startsWith("-%}", end)) {
      return PythonText.skipSpace(source, end + 3);
    }
    return source.startsWith("%}", end) ? end + 2 : -1;
  }

  private void raw() {
    lineStarting = source.charAt(at - 1) == '\n';
    for (int i = source.indexOf("{%", at); i >= 0; i = source.indexOf("{%", i + 1)) {
      int body = i + 2;
      char sign = body < source.length() ? source.charAt(body) : 0;
      boolean signed = sign == '-' || sign == '+';
      int name = PythonText.skipSpace(source, signed ? body + 1 : body);
      if (!source.startsWith("endraw", name)) {
        continue;
      }
      int end = blockEnd(PythonText.skipSpace(source, name + 6));
      if (end >= 0) {
        data(i, signed ? sign : 0, false);
        finish(end);
        return;
      }
    }
    throw error("Missing end of raw directive");
  }

  private void comment() {
    int close = source.indexOf("#}", at);
    if (close < 0) {
      throw error("Missing end of comment tag");
    }
    boolean minus = close > at && source.charAt(close - 1) == '-';
    boolean plus = close > at && source.charAt(close - 1) == '+';
    int end = close + 2;
    if (minus) {
      end = PythonText.skipSpace(source, end);
    } else if (!plus && source.startsWith("\n", end)) {
      end++;
    }
    finish(end);
  }

  /** End of {@code %}} with its sign and the white space it takes, or -1. */
  private int blockEnd(int from) {
    if (source.startsWith("+%}", from)) {
      return from + 3;
    }
    if (source.startsWith("-%}", from)) {
      return PythonText.skipSpace(source, from + 3);
    }
    if (source.startsWith("%}", from)) {
      return source.startsWith("\n", from + 2) ? from + 3 : from + 2;
    }
    return -1;
  }

  private int variableEnd(int from) {
    if (source.startsWith("-}}", from)) {
      return PythonText.skipSpace(source, from + 3);
    }
    return source.startsWith("}}", from) ? from + 2 : -1;
  }

  private void finish(int end) {
    at = end;
    lineStarting = source.charAt(end - 1) == '\n';
  }

  private void code(boolean isVariable) {
    Deque<Character> open = new ArrayDeque<>();
    CodeLexer lexer = new CodeLexer(source);
    while (at < source.length()) {
      int end = isVariable ? variableEnd(at) : blockEnd(at);
      if (open.isEmpty() && end >= 0) {
        add(isVariable ? Kind.VARIABLE_END : Kind.BLOCK_END, "");
        finish(end);
        return;
      }
      if (PythonText.isSpace(source.charAt(at))) {
        at = PythonText.skipSpace(source, at);
        continue;
      }
      countLines();
      Token token = lexer.next(at, line);
      balance(token, open);
      tokens.add(token);
      at = lexer.end();
    }
  }

  private void balance(Token token, Deque<Character> open) {
    if (token.kind() != Kind.OPERATOR || token.text().length() != 1) {
      return;
    }
    char c = token.text().charAt(0);
    switch (c) {
      case '{' -> open.push('}');
      case '(' -> open.push(')');
      case '[' -> open.push(']');
      case '}', ')', ']' -> {
        if (open.isEmpty()) {
          throw error("unexpected '" + c + "'");
        }
        char expected = open.pop();
        if (expected != c) {
          throw error("unexpected '" + c + "', expected '" + expected + "'");
        }
      }
      default -> {}
    }
  }

  private void add(Kind kind, String text) {
    countLines();
    tokens.add(new Token(kind, text, line));
  }

  private void countLines() {
    for (; lineCountedTo < Math.min(at, source.length()); lineCountedTo++) {
      if (source.charAt(lineCountedTo) == '\n') {
        line++;
      }
    }
  }

  private TemplateException error(String reason) {
    countLines();
    return new TemplateException(ErrorKind.SYNTAX, reason, line);
  }
}
