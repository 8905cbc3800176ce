package io.talchum.text.jinja;

import io.talchum.text.jinja.Token.Kind;
import java.util.List;

/** A cursor over tokens, with jinja2's wording of surprises. */
final class TokenStream {
  private final List<Token> tokens;
  private int at;

  TokenStream(List<Token> tokens) {
    this.tokens = tokens;
  }

  Token current() {
    return tokens.get(at);
  }

  Token look() {
    return tokens.get(Math.min(at + 1, tokens.size() - 1));
  }

  Token next() {
    Token token = current();
    if (token.kind() != Kind.END) {
      at++;
    }
    return token;
  }

  int line() {
    return current().line();
  }

  boolean isName(String name) {
    return current().isName(name);
  }

  boolean isOperator(String operator) {
    return current().isOperator(operator);
  }

  boolean is(Kind kind) {
    return current().kind() == kind;
  }

  boolean skipName(String name) {
    boolean found = isName(name);
    if (found) {
      at++;
    }
    return found;
  }

  boolean skipOperator(String operator) {
    boolean found = isOperator(operator);
    if (found) {
      at++;
    }
    return found;
  }

  void expectOperator(String operator) {
    if (!skipOperator(operator)) {
      throw unexpected(operator);
    }
  }

  void expectName(String name) {
    if (!skipName(name)) {
      throw unexpected(name);
    }
  }

  String expectName() {
    if (!is(Kind.NAME)) {
      throw unexpected("name");
    }
    return next().text();
  }

  void expect(Kind kind) {
    if (!is(kind)) {
      throw unexpected(new Token(kind, "", 0).describe());
    }
    at++;
  }

  TemplateException error(String reason) {
    return error(reason, line());
  }

  TemplateException error(String reason, int line) {
    return new TemplateException(ErrorKind.SYNTAX, reason, line);
  }

  private TemplateException unexpected(String expected) {
    return is(Kind.END)
        ? error("unexpected end of template, expected '" + expected + "'.")
        : error("expected token '" + expected + "', got '" + current().describe() + "'");
  }
}
