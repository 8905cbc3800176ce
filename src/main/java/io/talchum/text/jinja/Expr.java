package io.talchum.text.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** An expression; {@code line} counts from 1. */
sealed interface Expr {
  int line();

  record Literal(int line, Value value) implements Expr {}

  record Name(int line, String name) implements Expr {}

  /** A place to store to only: {@code {% set ns.attribute = ... %}}. */
  record NamespaceTarget(int line, String name, String attribute) implements Expr {}

  record ListOf(int line, List<Expr> items) implements Expr {}

  record TupleOf(int line, List<Expr> items) implements Expr {}

  record DictOf(int line, List<Expr> keys, List<Expr> values) implements Expr {}

  record Attribute(int line, Expr target, String name) implements Expr {}

  record Item(int line, Expr target, Expr index) implements Expr {}

  /** Only as the index of {@link Item}. */
  record Slice(int line, @Nullable Expr start, @Nullable Expr stop, @Nullable Expr step)
      implements Expr {}

  record Call(int line, Expr callee, Arguments arguments) implements Expr {}

  /**
   * A filter.
   *
   * @param target null in {@code {% filter %}} and {@code {% set x | filter %}}: their body
   * @param filter null where no filter has that name
   */
  record Filtered(
      int line, @Nullable Expr target, String name, @Nullable Filter filter, Arguments arguments)
      implements Expr {}

  /**
   * A test.
   *
   * @param test null where no test has that name
   */
  record Tested(int line, Expr target, String name, @Nullable Test test, Arguments arguments)
      implements Expr {}

  record Not(int line, Expr operand) implements Expr {}

  record Sign(int line, boolean negative, Expr operand) implements Expr {}

  record Binary(int line, Arithmetic operator, Expr left, Expr right) implements Expr {}

  record And(int line, Expr left, Expr right) implements Expr {}

  record Or(int line, Expr left, Expr right) implements Expr {}

  record Compare(int line, Expr first, List<Comparison> comparisons) implements Expr {}

  /** The operator {@code ~}. */
  record Concat(int line, List<Expr> parts) implements Expr {}

  record Conditional(int line, Expr test, Expr then, @Nullable Expr otherwise) implements Expr {}

  /** One link of a chain such as {@code a < b <= c}. */
  record Comparison(Relation relation, Expr operand) {}

  /** Arguments as they are written. */
  record Arguments(
      List<Expr> positional,
      List<Keyword> keywords,
      @Nullable Expr starPositional,
      @Nullable Expr starKeywords) {
    static final Arguments NONE = new Arguments(List.of(), List.of(), null, null);
  }

  record Keyword(String name, Expr value) {}

  enum Relation {
    EQUAL,
    NOT_EQUAL,
    LESS,
    LESS_OR_EQUAL,
    GREATER,
    GREATER_OR_EQUAL,
    IN,
    NOT_IN
  }

  enum Arithmetic {
    ADD("+"),
    SUBTRACT("-"),
    MULTIPLY("*"),
    DIVIDE("/"),
    FLOOR_DIVIDE("//"),
    MODULO("%"),
    POWER("** or pow()");

    private final String symbol;

    Arithmetic(String symbol) {
      this.symbol = symbol;
    }

    String symbol() {
      return symbol;
    }
  }
}
