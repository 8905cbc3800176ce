package io.talchum.text.jinja;

import io.talchum.text.jinja.Expr.Arithmetic;
import io.talchum.text.jinja.Expr.Comparison;
import io.talchum.text.jinja.Expr.Relation;
import io.talchum.text.jinja.Token.Kind;
import java.util.ArrayList;
import java.util.List;
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

  private final TokenStream stream;
  private final OperandParser operands;
  private final List<TemplateException> unknownNames = new ArrayList<>();
  private int nesting;

  ExpressionParser(TokenStream stream) {
    this.stream = stream;
    this.operands = new OperandParser(stream, this);
  }

  OperandParser operands() {
    return operands;
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
      node = operands.primary(false);
    }
    node = operands.postfix(node);
    nesting--;
    return withFilters ? operands.filters(node) : node;
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
}
