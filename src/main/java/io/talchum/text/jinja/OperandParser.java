package io.talchum.text.jinja;

import io.talchum.text.jinja.Expr.Arguments;
import io.talchum.text.jinja.Expr.Keyword;
import io.talchum.text.jinja.Token.Kind;
import io.talchum.text.jinja.Value.BoolValue;
import io.talchum.text.jinja.Value.FloatValue;
import io.talchum.text.jinja.Value.IntValue;
import io.talchum.text.jinja.Value.NoneValue;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What stands between operators: literals, names, brackets, and what follows them. */
final class OperandParser {
  private static final Set<String> AFTER_BARE_TEST = Set.of("else", "or", "and");

  private final TokenStream stream;
  private final ExpressionParser expressions;

  OperandParser(TokenStream stream, ExpressionParser expressions) {
    this.stream = stream;
    this.expressions = expressions;
  }

  Expr primary(boolean namespaces) {
    Token token = stream.current();
    int line = token.line();
    return switch (token.kind()) {
      case NAME -> name(stream.next(), namespaces);
      case STRING -> {
        StringBuilder joined = new StringBuilder();
        while (stream.is(Kind.STRING)) {
          joined.append(stream.next().text());
        }
        yield new Expr.Literal(line, Text.template(joined.toString()));
      }
      case INTEGER -> new Expr.Literal(line, integer(stream.next().text()));
      case FLOAT ->
          new Expr.Literal(line, new FloatValue(Double.parseDouble(stream.next().text())));
      default -> bracketed(token);
    };
  }

  private Expr name(Token token, boolean namespaces) {
    int line = token.line();
    return switch (token.text()) {
      case "true", "True" -> new Expr.Literal(line, BoolValue.TRUE);
      case "false", "False" -> new Expr.Literal(line, BoolValue.FALSE);
      case "none", "None" -> new Expr.Literal(line, NoneValue.NONE);
      default ->
          namespaces && stream.skipOperator(".")
              ? new Expr.NamespaceTarget(line, token.text(), stream.expectName())
              : new Expr.Name(line, token.text());
    };
  }

  private static IntValue integer(String text) {
    String digits = text.length() > 1 && text.charAt(0) == '0' ? text.substring(2) : text;
    if (text.length() < 2 || text.charAt(0) != '0' || Character.isDigit(text.charAt(1))) {
      return new IntValue(new BigInteger(text));
    }
    int radix =
        switch (text.charAt(1)) {
          case 'x', 'X' -> 16;
          case 'o', 'O' -> 8;
          default -> 2;
        };
    return new IntValue(new BigInteger(digits, radix));
  }

  private Expr bracketed(Token token) {
    if (stream.skipOperator("(")) {
      Expr inner = expressions.tuple(true, true, null);
      stream.expectOperator(")");
      return inner;
    }
    if (stream.skipOperator("[")) {
      return new Expr.ListOf(token.line(), items("]"));
    }
    if (stream.skipOperator("{")) {
      return dict(token.line());
    }
    throw stream.error("unexpected '" + token.describe() + "'", token.line());
  }

  /** Expressions with commas between, one may trail, up to the closing bracket. */
  private List<Expr> items(String close) {
    List<Expr> items = new ArrayList<>();
    while (!stream.isOperator(close)) {
      if (!items.isEmpty()) {
        stream.expectOperator(",");
        if (stream.isOperator(close)) {
          break;
        }
      }
      items.add(expressions.expression(true));
    }
    stream.expectOperator(close);
    return List.copyOf(items);
  }

  private Expr dict(int line) {
    List<Expr> keys = new ArrayList<>();
    List<Expr> values = new ArrayList<>();
    while (!stream.isOperator("}")) {
      if (!keys.isEmpty()) {
        stream.expectOperator(",");
        if (stream.isOperator("}")) {
          break;
        }
      }
      keys.add(expressions.expression(true));
      stream.expectOperator(":");
      values.add(expressions.expression(true));
    }
    stream.expectOperator("}");
    return new Expr.DictOf(line, List.copyOf(keys), List.copyOf(values));
  }

  Expr postfix(Expr start) {
    Expr node = start;
    while (true) {
      if (stream.isOperator(".") || stream.isOperator("[")) {
        node = subscript(node);
      } else if (stream.isOperator("(")) {
        node = new Expr.Call(stream.line(), node, arguments());
      } else {
        return node;
      }
    }
  }

  private Expr subscript(Expr node) {
    Token token = stream.next();
    int line = token.line();
    if (token.isOperator(".")) {
      Token member = stream.next();
      return switch (member.kind()) {
        case NAME -> new Expr.Attribute(line, node, member.text());
        case INTEGER -> new Expr.Item(line, node, new Expr.Literal(line, integer(member.text())));
        default -> throw stream.error("expected name or number", member.line());
      };
    }
    List<Expr> indices = new ArrayList<>();
    while (!stream.isOperator("]")) {
      if (!indices.isEmpty()) {
        stream.expectOperator(",");
      }
      indices.add(index());
    }
    stream.expectOperator("]");
    Expr index =
        indices.size() == 1 ? indices.getFirst() : new Expr.TupleOf(line, List.copyOf(indices));
    return new Expr.Item(line, node, index);
  }

  private Expr index() {
    int line = stream.line();
    Expr start = null;
    if (!stream.isOperator(":")) {
      start = expressions.expression(true);
      if (!stream.isOperator(":")) {
        return start;
      }
    }
    stream.expectOperator(":");
    Expr stop = atSlicePartEnd() ? null : expressions.expression(true);
    Expr step = null;
    if (stream.skipOperator(":") && !atSlicePartEnd()) {
      step = expressions.expression(true);
    }
    return new Expr.Slice(line, start, stop, step);
  }

  private boolean atSlicePartEnd() {
    return stream.isOperator(":") || stream.isOperator("]") || stream.isOperator(",");
  }

  Expr filters(Expr start) {
    Expr node = start;
    while (true) {
      if (stream.skipOperator("|")) {
        node = filter(node);
      } else if (stream.isName("is")) {
        node = test(node);
      } else if (stream.isOperator("(")) {
        node = new Expr.Call(stream.line(), node, arguments());
      } else {
        return node;
      }
    }
  }

  /** Filters of a block, one after another; the first gets the block's body. */
  Expr bodyFilters() {
    Expr node = filter(null);
    while (stream.skipOperator("|")) {
      node = filter(node);
    }
    return node;
  }

  private Expr filter(@Nullable Expr target) {
    int line = stream.line();
    String name = dottedName();
    Arguments arguments = stream.isOperator("(") ? arguments() : Arguments.NONE;
    Filter filter = Filters.named(name);
    if (filter == null) {
      expressions
          .unknownNames()
          .add(new TemplateException(ErrorKind.ASSERTION, "No filter named '" + name + "'.", line));
    }
    return new Expr.Filtered(line, target, name, filter, arguments);
  }

  private String dottedName() {
    StringBuilder name = new StringBuilder(stream.expectName());
    while (stream.skipOperator(".")) {
      name.append('.').append(stream.expectName());
    }
    return name.toString();
  }

  private Expr test(Expr target) {
    int line = stream.next().line();
    boolean negated = stream.skipName("not");
    String name = dottedName();
    Arguments arguments = Arguments.NONE;
    if (stream.isOperator("(")) {
      arguments = arguments();
    } else if (atTestArgument()) {
      if (stream.isName("is")) {
        throw stream.error("You cannot chain multiple tests with is");
      }
      Expr argument = postfix(primary(false));
      arguments = new Arguments(List.of(argument), List.of(), null, null);
    }
    Test test = Tests.named(name);
    if (test == null) {
      expressions
          .unknownNames()
          .add(new TemplateException(ErrorKind.ASSERTION, "No test named '" + name + "'.", line));
    }
    Expr node = new Expr.Tested(line, target, name, test, arguments);
    return negated ? new Expr.Not(line, node) : node;
  }

  private boolean atTestArgument() {
    Token token = stream.current();
    return switch (token.kind()) {
      case NAME -> !AFTER_BARE_TEST.contains(token.text());
      case STRING, INTEGER, FLOAT -> true;
      default -> token.isOperator("[") || token.isOperator("{");
    };
  }

  private Arguments arguments() {
    int line = stream.line();
    stream.expectOperator("(");
    List<Expr> positional = new ArrayList<>();
    List<Keyword> keywords = new ArrayList<>();
    Expr star = null;
    Expr doubleStar = null;
    boolean needsComma = false;
    while (!stream.isOperator(")")) {
      if (needsComma) {
        stream.expectOperator(",");
        if (stream.isOperator(")")) {
          break;
        }
      }
      needsComma = true;
      if (stream.skipOperator("*")) {
        ensureCall(star == null && doubleStar == null, line);
        star = expressions.expression(true);
      } else if (stream.skipOperator("**")) {
        ensureCall(doubleStar == null, line);
        doubleStar = expressions.expression(true);
      } else if (stream.is(Kind.NAME) && stream.look().isOperator("=")) {
        ensureCall(doubleStar == null, line);
        String name = stream.next().text();
        stream.expectOperator("=");
        keywords.add(new Keyword(name, expressions.expression(true)));
      } else {
        ensureCall(star == null && doubleStar == null && keywords.isEmpty(), line);
        positional.add(expressions.expression(true));
      }
    }
    stream.expectOperator(")");
    return new Arguments(List.copyOf(positional), List.copyOf(keywords), star, doubleStar);
  }

  private void ensureCall(boolean valid, int line) {
    if (!valid) {
      throw stream.error("invalid syntax for function call expression", line);
    }
  }
}
