package io.talchum.text.jinja;

import io.talchum.text.jinja.Expr.Arguments;
import io.talchum.text.jinja.Expr.Arithmetic;
import io.talchum.text.jinja.Expr.Comparison;
import io.talchum.text.jinja.Expr.Keyword;
import io.talchum.text.jinja.Expr.Relation;
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

/** Expressions by operator precedence, jinja2's table: it differs from Python's. */
final class ExpressionParser {
  private static final int MAX_NESTING = 150;
  private static final int OR = 1;
  private static final int AND = 2;
  private static final int NOT = 3;
  private static final int COMPARE = 4;
  private static final int ADD = 5;
  private static final int CONCAT = 6;
  private static final int MULTIPLY = 7;
  private static final int POWER = 8;
  private static final Set<String> AFTER_BARE_TEST = Set.of("else", "or", "and");

  private final TokenStream stream;
  private final List<TemplateException> unknownNames = new ArrayList<>();
  private int nesting;

  ExpressionParser(TokenStream stream) {
    this.stream = stream;
  }

  /** Filters and tests without an implementation met so far in places that always run. */
  List<TemplateException> unknownNames() {
    return unknownNames;
  }

  Expr expression(boolean conditional) {
    enter();
    int known = unknownNames.size();
    int line = stream.line();
    Expr left = binary(OR);
    while (conditional && stream.skipName("if")) {
      Expr test = binary(OR);
      Expr otherwise = stream.skipName("else") ? expression(true) : null;
      left = new Expr.Conditional(line, test, left, otherwise);
      unknownNames.subList(known, unknownNames.size()).clear();
    }
    nesting--;
    return left;
  }

  private void enter() {
    if (++nesting > MAX_NESTING) {
      throw TemplateException.limit("expressions are nested deeper than " + MAX_NESTING + " levels")
          .atLine(stream.line());
    }
  }

  private Expr binary(int level) {
    int line = stream.line();
    if (level <= NOT && stream.skipName("not")) {
      enter();
      Expr operand = binary(NOT);
      nesting--;
      return continued(new Expr.Not(line, operand), level, line);
    }
    return continued(unary(true), level, line);
  }

  private Expr continued(Expr first, int level, int line) {
    Expr left = first;
    while (true) {
      int found = infixLevel();
      if (found < level) {
        return left;
      }
      left =
          switch (found) {
            case COMPARE -> comparison(left, line);
            case CONCAT -> concat(left, line);
            default -> infix(left, found, line);
          };
    }
  }

  /** Precedence of the operator at hand; 0 where there is none. */
  private int infixLevel() {
    Token token = stream.current();
    if (token.kind() == Kind.NAME) {
      return switch (token.text()) {
        case "or" -> OR;
        case "and" -> AND;
        case "in" -> COMPARE;
        case "not" -> stream.look().isName("in") ? COMPARE : 0;
        default -> 0;
      };
    }
    if (token.kind() != Kind.OPERATOR) {
      return 0;
    }
    return switch (token.text()) {
      case "==", "!=", "<", ">", "<=", ">=" -> COMPARE;
      case "+", "-" -> ADD;
      case "~" -> CONCAT;
      case "*", "/", "//", "%" -> MULTIPLY;
      case "**" -> POWER;
      default -> 0;
    };
  }

  private Expr infix(Expr left, int level, int line) {
    Token operator = stream.next();
    Expr right = binary(level + 1);
    return switch (operator.text()) {
      case "or" -> new Expr.Or(line, left, right);
      case "and" -> new Expr.And(line, left, right);
      case "+" -> new Expr.Binary(line, Arithmetic.ADD, left, right);
      case "-" -> new Expr.Binary(line, Arithmetic.SUBTRACT, left, right);
      case "*" -> new Expr.Binary(line, Arithmetic.MULTIPLY, left, right);
      case "/" -> new Expr.Binary(line, Arithmetic.DIVIDE, left, right);
      case "//" -> new Expr.Binary(line, Arithmetic.FLOOR_DIVIDE, left, right);
      case "%" -> new Expr.Binary(line, Arithmetic.MODULO, left, right);
      default -> new Expr.Binary(line, Arithmetic.POWER, left, right);
    };
  }

  private Expr comparison(Expr first, int line) {
    List<Comparison> links = new ArrayList<>();
    while (infixLevel() == COMPARE) {
      Relation relation = relation(stream.next());
      links.add(new Comparison(relation, binary(ADD)));
    }
    return new Expr.Compare(line, first, List.copyOf(links));
  }

  private Relation relation(Token token) {
    return switch (token.text()) {
      case "==" -> Relation.EQUAL;
      case "!=" -> Relation.NOT_EQUAL;
      case "<" -> Relation.LESS;
      case "<=" -> Relation.LESS_OR_EQUAL;
      case ">" -> Relation.GREATER;
      case ">=" -> Relation.GREATER_OR_EQUAL;
      case "in" -> Relation.IN;
      default -> {
        stream.expectName("in");
        yield Relation.NOT_IN;
      }
    };
  }

  private Expr concat(Expr first, int line) {
    List<Expr> parts = new ArrayList<>(List.of(first));
    while (stream.skipOperator("~")) {
      parts.add(binary(MULTIPLY));
    }
    return new Expr.Concat(line, List.copyOf(parts));
  }

  private Expr unary(boolean withFilters) {
    enter();
    int line = stream.line();
    Expr node;
    if (stream.skipOperator("-")) {
      node = new Expr.Sign(line, true, unary(false));
    } else if (stream.skipOperator("+")) {
      node = new Expr.Sign(line, false, unary(false));
    } else {
      node = primary(false);
    }
    node = postfix(node);
    nesting--;
    return withFilters ? filters(node) : node;
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
      Expr inner = tuple(true, true, null);
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
      items.add(expression(true));
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
      keys.add(expression(true));
      stream.expectOperator(":");
      values.add(expression(true));
    }
    stream.expectOperator("}");
    return new Expr.DictOf(line, List.copyOf(keys), List.copyOf(values));
  }

  /**
   * One expression, or several with commas as a tuple.
   *
   * @param mayBeEmpty inside of parentheses
   * @param endName a name that also ends the tuple
   */
  Expr tuple(boolean conditional, boolean mayBeEmpty, @Nullable String endName) {
    int line = stream.line();
    List<Expr> items = new ArrayList<>();
    boolean isTuple = false;
    while (!atTupleEnd(endName)) {
      items.add(expression(conditional));
      if (!stream.skipOperator(",")) {
        break;
      }
      isTuple = true;
    }
    if (!isTuple && items.size() == 1) {
      return items.getFirst();
    }
    if (!isTuple && !mayBeEmpty) {
      throw stream.error("Expected an expression, got '" + stream.current().describe() + "'");
    }
    return new Expr.TupleOf(line, List.copyOf(items));
  }

  boolean atTupleEnd(@Nullable String endName) {
    return stream.is(Kind.VARIABLE_END)
        || stream.is(Kind.BLOCK_END)
        || stream.isOperator(")")
        || (endName != null && stream.isName(endName));
  }

  private Expr postfix(Expr start) {
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
      start = expression(true);
      if (!stream.isOperator(":")) {
        return start;
      }
    }
    stream.expectOperator(":");
    Expr stop = atSlicePartEnd() ? null : expression(true);
    Expr step = null;
    if (stream.skipOperator(":") && !atSlicePartEnd()) {
      step = expression(true);
    }
    return new Expr.Slice(line, start, stop, step);
  }

  private boolean atSlicePartEnd() {
    return stream.isOperator(":") || stream.isOperator("]") || stream.isOperator(",");
  }

  private Expr filters(Expr start) {
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
      unknownNames.add(
          new TemplateException(ErrorKind.ASSERTION, "No filter named '" + name + "'.", line));
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
      unknownNames.add(
          new TemplateException(ErrorKind.ASSERTION, "No test named '" + name + "'.", line));
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
        star = expression(true);
      } else if (stream.skipOperator("**")) {
        ensureCall(doubleStar == null, line);
        doubleStar = expression(true);
      } else if (stream.is(Kind.NAME) && stream.look().isOperator("=")) {
        ensureCall(doubleStar == null, line);
        String name = stream.next().text();
        stream.expectOperator("=");
        keywords.add(new Keyword(name, expression(true)));
      } else {
        ensureCall(star == null && doubleStar == null && keywords.isEmpty(), line);
        positional.add(expression(true));
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
