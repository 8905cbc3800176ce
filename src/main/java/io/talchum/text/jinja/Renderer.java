package io.talchum.text.jinja;

import io.talchum.text.jinja.Statement.Branch;
import io.talchum.text.jinja.Value.NamespaceValue;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** Runs statements for one rendering; one thread. */
final class Renderer {
  /** How a body ended. */
  enum Flow {
    ON,
    BREAK,
    CONTINUE
  }

  private final Interpreter interpreter;
  private final Budget budget;
  private final VariableScope top;

  Renderer(Interpreter interpreter, VariableScope top) {
    this.interpreter = interpreter;
    this.budget = interpreter.budget();
    this.top = top;
  }

  Interpreter interpreter() {
    return interpreter;
  }

  Text render(List<Statement> body, VariableScope scope) {
    TextBuilder out = new TextBuilder(budget);
    run(body, scope, out);
    return out.build();
  }

  private Flow run(List<Statement> body, VariableScope scope, TextBuilder out) {
    budget.enter();
    for (Statement statement : body) {
      Flow flow = run(statement, scope, out);
      if (flow != Flow.ON) {
        budget.leave();
        return flow;
      }
    }
    budget.leave();
    return Flow.ON;
  }

  private Flow run(Statement statement, VariableScope scope, TextBuilder out) {
    switch (statement) {
      case Statement.Data data -> out.append(data.text());
      case Statement.Print print ->
          out.append(interpreter.str(interpreter.eval(print.value(), scope)));
      case Statement.If choice -> {
        return choose(choice, scope, out);
      }
      case Statement.For loop -> loop(loop, scope, out);
      case Statement.Set set -> assign(set.target(), interpreter.eval(set.value(), scope), scope);
      case Statement.SetBlock set -> setBlock(set, scope);
      case Statement.Macro macro ->
          scope.set(
              macro.name(),
              new MacroValue(this, macro.name(), macro.signature(), macro.body(), scope));
      case Statement.CallBlock call -> out.append(interpreter.str(callBlock(call, scope)));
      case Statement.FilterBlock block ->
          out.append(
              interpreter.str(
                  filtered(block.filter(), render(block.body(), new VariableScope(scope)), scope)));
      case Statement.With with -> with(with, scope, out);
      case Statement.Scoped scoped ->
          run(scoped.body(), new VariableScope(scoped.seesLocals() ? scope : top), out);
      case Statement.OtherTemplate other ->
          throw new TemplateException(
              ErrorKind.TYPE, "no loader for this environment specified", other.line());
      case Statement.Break stop -> {
        return Flow.BREAK;
      }
      case Statement.Continue next -> {
        return Flow.CONTINUE;
      }
    }
    return Flow.ON;
  }

  private Flow choose(Statement.If choice, VariableScope scope, TextBuilder out) {
    for (Branch branch : choice.branches()) {
      if (Python.truth(interpreter.eval(branch.test(), scope))) {
        return run(branch.body(), scope, out);
      }
    }
    return run(choice.otherwise(), scope, out);
  }

  private void loop(Statement.For loop, VariableScope scope, TextBuilder out) {
    Value iterable = interpreter.eval(loop.iterable(), scope);
    loop(loop, iterable, scope, 0, out);
  }

  /** Also called by {@code loop(...)} of a recursive loop, one level deeper. */
  void loop(Statement.For loop, Value iterable, VariableScope scope, int depth, TextBuilder out) {
    budget.enter();
    List<Value> items = items(loop, iterable, scope);
    LoopValue state = new LoopValue(this, loop, items, scope, depth);
    for (Value item : items) {
      budget.step();
      VariableScope inner = new VariableScope(scope);
      inner.set("loop", state);
      state.advance();
      unpack(loop, item, inner);
      if (run(loop.body(), inner, out) == Flow.BREAK) {
        break;
      }
    }
    if (items.isEmpty()) {
      run(loop.otherwise(), new VariableScope(scope), out);
    }
    budget.leave();
  }

  private List<Value> items(Statement.For loop, Value iterable, VariableScope scope) {
    try {
      List<Value> all = interpreter.list(iterable);
      if (loop.test() == null) {
        return all;
      }
      List<Value> kept = new ArrayList<>();
      for (Value item : all) {
        VariableScope inner = new VariableScope(scope);
        assign(loop.target(), item, inner);
        if (Python.truth(interpreter.eval(loop.test(), inner))) {
          kept.add(item);
        }
      }
      return kept;
    } catch (TemplateException e) {
      throw e.atLine(loop.line());
    }
  }

  private void unpack(Statement.For loop, Value item, VariableScope inner) {
    try {
      assign(loop.target(), item, inner);
    } catch (TemplateException e) {
      throw e.atLine(loop.line());
    }
  }

  private void assign(Expr target, Value value, VariableScope scope) {
    switch (target) {
      case Expr.Name name -> scope.set(name.name(), value);
      case Expr.TupleOf tuple -> unpack(tuple.items(), value, scope);
      case Expr.NamespaceTarget reference -> setAttribute(reference, value, scope);
      default -> throw TemplateException.type("cannot assign");
    }
  }

  private void unpack(List<Expr> targets, Value value, VariableScope scope) {
    if (!Python.isIterable(value)) {
      throw TemplateException.type(
          "cannot unpack non-iterable " + Python.typeName(value) + " object");
    }
    List<Value> items = interpreter.list(value);
    if (items.size() != targets.size()) {
      throw TemplateException.value(
          items.size() > targets.size()
              ? "too many values to unpack (expected " + targets.size() + ")"
              : "not enough values to unpack (expected %d, got %d)"
                  .formatted(targets.size(), items.size()));
    }
    Iterator<Value> next = items.iterator();
    for (Expr target : targets) {
      assign(target, next.next(), scope);
    }
  }

  private static void setAttribute(Expr.NamespaceTarget target, Value value, VariableScope scope) {
    Value place = scope.find(target.name());
    if (!(place instanceof NamespaceValue namespace)) {
      throw new TemplateException(
          ErrorKind.RUNTIME, "cannot assign attribute on non-namespace object", target.line());
    }
    namespace.attributes().put(target.attribute(), value);
  }

  private void setBlock(Statement.SetBlock set, VariableScope scope) {
    Value body = render(set.body(), new VariableScope(scope));
    assign(set.target(), set.filter() == null ? body : filtered(set.filter(), body, scope), scope);
  }

  private Value filtered(Expr filter, Value body, VariableScope scope) {
    try {
      return filter instanceof Expr.Filtered chain
          ? interpreter.filtered(chain, scope, body)
          : interpreter.eval(filter, scope);
    } catch (TemplateException e) {
      throw e.atLine(filter.line());
    }
  }

  private Value callBlock(Statement.CallBlock block, VariableScope scope) {
    Expr.Call call = block.call();
    Value callee = interpreter.eval(call.callee(), scope);
    Args args = interpreter.args(call.arguments(), scope);
    java.util.Map<String, Value> keywords = new java.util.LinkedHashMap<>(args.keywords());
    keywords.put("caller", new MacroValue(this, "caller", block.signature(), block.body(), scope));
    try {
      return interpreter.invoke(callee, new Args(args.positional(), keywords));
    } catch (TemplateException e) {
      throw e.atLine(block.line());
    }
  }

  private void with(Statement.With with, VariableScope scope, TextBuilder out) {
    VariableScope inner = new VariableScope(scope);
    for (int i = 0; i < with.targets().size(); i++) {
      assign(with.targets().get(i), interpreter.eval(with.values().get(i), scope), inner);
    }
    run(with.body(), inner, out);
  }

  /** Values of the defaults that a call leaves out are computed in the macro's own scope. */
  Value defaultOf(Expr expr, VariableScope scope) {
    return interpreter.eval(expr, scope);
  }
}
