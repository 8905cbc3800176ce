package io.talchum.text.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A piece of a template's body. */
sealed interface Statement {

  record Data(Text text) implements Statement {}

  record Print(Expr value) implements Statement {}

  record If(List<Branch> branches, List<Statement> otherwise) implements Statement {}

  record Branch(Expr test, List<Statement> body) {}

  record For(
      int line,
      Expr target,
      Expr iterable,
      @Nullable Expr test,
      boolean recursive,
      List<Statement> body,
      List<Statement> otherwise)
      implements Statement {}

  record Set(int line, Expr target, Expr value) implements Statement {}

  record SetBlock(int line, Expr target, @Nullable Expr filter, List<Statement> body)
      implements Statement {}

  record Macro(int line, String name, Signature signature, List<Statement> body)
      implements Statement {}

  record CallBlock(int line, Expr.Call call, Signature signature, List<Statement> body)
      implements Statement {}

  record FilterBlock(Expr filter, List<Statement> body) implements Statement {}

  record With(List<Expr> targets, List<Expr> values, List<Statement> body) implements Statement {}

  /** A body with a scope of its own: block, generation, autoescape. */
  record Scoped(List<Statement> body, boolean seesLocals) implements Statement {}

  /** Include, import, extends: there is only one template. */
  record OtherTemplate(int line) implements Statement {}

  record Break() implements Statement {}

  record Continue() implements Statement {}

  /**
   * Parameters of a macro.
   *
   * @param defaults of the last parameters
   */
  record Signature(List<String> parameters, List<Expr> defaults) {
    static final Signature NONE = new Signature(List.of(), List.of());
  }
}
