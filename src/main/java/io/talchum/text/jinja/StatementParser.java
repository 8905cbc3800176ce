package io.talchum.text.jinja;

import io.talchum.text.jinja.Statement.Branch;
import io.talchum.text.jinja.Statement.Signature;
import io.talchum.text.jinja.Token.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Statements, from tokens to a tree. */
final class StatementParser {
  private static final int MAX_NESTING = 100;

  private final TokenStream stream;
  private final ExpressionParser expressions;
  private final Deque<String> openTags = new ArrayDeque<>();
  private final Deque<List<String>> endTags = new ArrayDeque<>();
  private int loops;
  private int conditions;

  private StatementParser(List<Token> tokens) {
    this.stream = new TokenStream(tokens);
    this.expressions = new ExpressionParser(stream);
  }

  static List<Statement> parse(String template) {
    return new StatementParser(Lexer.tokenize(template)).body(List.of());
  }

  private List<Statement> body(List<String> ends) {
    List<Statement> body = new ArrayList<>();
    while (!stream.is(Kind.END)) {
      Token token = stream.next();
      switch (token.kind()) {
        case DATA -> body.add(new Statement.Data(Text.template(token.text())));
        case VARIABLE_BEGIN -> {
          body.add(new Statement.Print(known(expressions.tuple(true, false, null))));
          stream.expect(Kind.VARIABLE_END);
        }
        default -> {
          if (stream.is(Kind.NAME) && ends.contains(stream.current().text())) {
            return List.copyOf(body);
          }
          statement(body);
          stream.expect(Kind.BLOCK_END);
        }
      }
    }
    return List.copyOf(body);
  }

  /** Refuses filters and tests that nobody wrote, where they always run. */
  private Expr known(Expr expr) {
    List<TemplateException> unknown = expressions.unknownNames();
    if (!unknown.isEmpty() && conditions == 0) {
      throw unknown.getFirst();
    }
    unknown.clear();
    return expr;
  }

  private void statement(List<Statement> out) {
    Token tag = stream.current();
    if (tag.kind() != Kind.NAME) {
      throw stream.error("tag name expected", tag.line());
    }
    if (openTags.size() >= MAX_NESTING) {
      throw TemplateException.limit("blocks are nested deeper than " + MAX_NESTING + " levels")
          .atLine(tag.line());
    }
    openTags.push(tag.text());
    switch (tag.text()) {
      case "for" -> out.add(forLoop());
      case "if" -> out.add(ifElse());
      case "set" -> out.add(set());
      case "macro" -> out.add(macro());
      case "call" -> out.add(callBlock());
      case "filter" -> out.add(filterBlock());
      case "with" -> out.add(with());
      case "print" -> print(out);
      case "block" -> out.add(block());
      case "generation" -> out.add(generation());
      case "autoescape" -> out.add(autoescape());
      case "include", "import", "from", "extends" -> out.add(otherTemplate());
      case "break", "continue" -> out.add(jump());
      default -> {
        openTags.pop();
        throw endOrUnknown(tag.text(), tag.line());
      }
    }
    openTags.pop();
  }

  /** The body up to one of the end tags, which is left as the current token. */
  private List<Statement> bodyUntil(String... ends) {
    stream.skipOperator(":");
    stream.expect(Kind.BLOCK_END);
    List<String> names = List.of(ends);
    endTags.push(names);
    List<Statement> body = body(names);
    if (stream.is(Kind.END)) {
      throw endOrUnknown(null, stream.line());
    }
    endTags.pop();
    return body;
  }

  private List<Statement> bodyThrough(String end) {
    List<Statement> body = bodyUntil(end);
    stream.next();
    return body;
  }

  private TemplateException endOrUnknown(@Nullable String tag, int line) {
    StringBuilder message =
        new StringBuilder(
            tag == null ? "Unexpected end of template." : "Encountered unknown tag '" + tag + "'.");
    if (!endTags.isEmpty()) {
      String looking =
          endTags.element().stream().map(t -> "'" + t + "'").collect(Collectors.joining(" or "));
      boolean nesting = tag != null && endTags.stream().anyMatch(e -> e.contains(tag));
      message.append(
          nesting
              ? " You probably made a nesting mistake. Jinja is expecting this tag, but currently"
                  + " looking for "
              : " Jinja was looking for the following tags: ");
      message.append(looking).append('.');
    }
    if (!openTags.isEmpty()) {
      message
          .append(" The innermost block that needs to be closed is '")
          .append(openTags.element())
          .append("'.");
    }
    return stream.error(message.toString(), line);
  }

  private Statement forLoop() {
    int line = stream.next().line();
    Expr target = target(false, "in");
    stream.expectName("in");
    Expr iterable = known(expressions.tuple(false, false, "recursive"));
    int outerConditions = conditions;
    conditions = 0;
    Expr test = stream.skipName("if") ? known(expressions.expression(true)) : null;
    boolean recursive = stream.skipName("recursive");
    loops++;
    List<Statement> body = bodyUntil("endfor", "else");
    loops--;
    List<Statement> otherwise =
        stream.next().text().equals("endfor") ? List.of() : bodyThrough("endfor");
    conditions = outerConditions;
    return new Statement.For(line, target, iterable, test, recursive, body, otherwise);
  }

  private Statement ifElse() {
    stream.next();
    List<Branch> branches = new ArrayList<>();
    conditions++;
    while (true) {
      Expr test = expressions.tuple(false, false, null);
      known(test);
      branches.add(new Branch(test, bodyUntil("elif", "else", "endif")));
      String tag = stream.next().text();
      if (tag.equals("elif")) {
        continue;
      }
      List<Statement> otherwise = tag.equals("else") ? bodyThrough("endif") : List.of();
      conditions--;
      return new Statement.If(List.copyOf(branches), otherwise);
    }
  }

  private Statement set() {
    int line = stream.next().line();
    Expr target = target(true, null);
    if (stream.skipOperator("=")) {
      return new Statement.Set(line, target, known(expressions.tuple(true, false, null)));
    }
    Expr filter = stream.skipOperator("|") ? known(expressions.operands().bodyFilters()) : null;
    return new Statement.SetBlock(line, target, filter, bodyThrough("endset"));
  }

  private Expr target(boolean namespaces, @Nullable String endName) {
    int line = stream.line();
    List<Expr> items = new ArrayList<>();
    boolean isTuple = false;
    while (!expressions.atTupleEnd(endName)) {
      items.add(assignable(expressions.operands().primary(namespaces)));
      if (!stream.skipOperator(",")) {
        break;
      }
      isTuple = true;
    }
    if (!isTuple && items.isEmpty()) {
      throw stream.error("Expected an expression, got '" + stream.current().describe() + "'");
    }
    return isTuple ? new Expr.TupleOf(line, List.copyOf(items)) : items.getFirst();
  }

  private Expr assignable(Expr target) {
    switch (target) {
      case Expr.Name name -> {}
      case Expr.NamespaceTarget reference -> {}
      case Expr.TupleOf tuple -> tuple.items().forEach(this::assignable);
      case Expr.Literal literal -> throw cannotAssign("const", target);
      case Expr.ListOf list -> throw cannotAssign("list", target);
      case Expr.DictOf dict -> throw cannotAssign("dict", target);
      default -> throw cannotAssign("expression", target);
    }
    return target;
  }

  private TemplateException cannotAssign(String what, Expr target) {
    return stream.error("can't assign to '" + what + "'", target.line());
  }

  private Statement macro() {
    stream.next();
    int line = stream.line();
    String name = stream.expectName();
    Signature signature = signature();
    return new Statement.Macro(line, name, signature, separate("endmacro"));
  }

  private Signature signature() {
    stream.expectOperator("(");
    List<String> parameters = new ArrayList<>();
    List<Expr> defaults = new ArrayList<>();
    while (!stream.isOperator(")")) {
      if (!parameters.isEmpty()) {
        stream.expectOperator(",");
      }
      parameters.add(stream.expectName());
      if (stream.skipOperator("=")) {
        defaults.add(known(expressions.expression(true)));
      } else if (!defaults.isEmpty()) {
        throw stream.error("non-default argument follows default argument");
      }
    }
    stream.expectOperator(")");
    return new Signature(List.copyOf(parameters), List.copyOf(defaults));
  }

  /** A body that runs on its own: neither the loop nor the condition around it counts. */
  private List<Statement> separate(String end) {
    int outerLoops = loops;
    int outerConditions = conditions;
    loops = 0;
    conditions = 0;
    List<Statement> body = bodyThrough(end);
    loops = outerLoops;
    conditions = outerConditions;
    return body;
  }

  private Statement callBlock() {
    int line = stream.next().line();
    Signature signature = stream.isOperator("(") ? signature() : Signature.NONE;
    if (!(known(expressions.expression(true)) instanceof Expr.Call call)) {
      throw stream.error("expected call", line);
    }
    return new Statement.CallBlock(line, call, signature, separate("endcall"));
  }

  private Statement filterBlock() {
    stream.next();
    return new Statement.FilterBlock(
        known(expressions.operands().bodyFilters()), bodyThrough("endfilter"));
  }

  private Statement with() {
    stream.next();
    List<Expr> targets = new ArrayList<>();
    List<Expr> values = new ArrayList<>();
    while (!stream.is(Kind.BLOCK_END)) {
      if (!targets.isEmpty()) {
        stream.expectOperator(",");
      }
      targets.add(target(false, null));
      stream.expectOperator("=");
      values.add(known(expressions.expression(true)));
    }
    return new Statement.With(List.copyOf(targets), List.copyOf(values), bodyThrough("endwith"));
  }

  private void print(List<Statement> out) {
    stream.next();
    boolean first = true;
    while (!stream.is(Kind.BLOCK_END)) {
      if (!first) {
        stream.expectOperator(",");
      }
      first = false;
      out.add(new Statement.Print(known(expressions.expression(true))));
    }
  }

  private Statement block() {
    stream.next();
    String name = stream.expectName();
    boolean scoped = stream.skipName("scoped");
    stream.skipName("required");
    if (stream.isOperator("-")) {
      throw stream.error(
          "Block names in Jinja have to be valid Python identifiers and may not contain hyphens,"
              + " use an underscore instead.");
    }
    List<Statement> body = separate("endblock");
    stream.skipName(name);
    return new Statement.Scoped(body, scoped);
  }

  private Statement generation() {
    stream.next();
    return new Statement.Scoped(separate("endgeneration"), true);
  }

  private Statement autoescape() {
    stream.next();
    known(expressions.expression(true));
    return new Statement.Scoped(bodyThrough("endautoescape"), true);
  }

  private Statement otherTemplate() {
    int line = stream.next().line();
    while (!stream.is(Kind.BLOCK_END) && !stream.is(Kind.END)) {
      stream.next();
    }
    return new Statement.OtherTemplate(line);
  }

  private Statement jump() {
    Token tag = stream.next();
    if (loops == 0) {
      throw stream.error("'" + tag.text() + "' outside loop", tag.line());
    }
    return tag.text().equals("break") ? new Statement.Break() : new Statement.Continue();
  }
}
