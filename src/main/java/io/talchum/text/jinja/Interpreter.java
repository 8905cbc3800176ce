package io.talchum.text.jinja;

import io.talchum.text.jinja.Expr.Arguments;
import io.talchum.text.jinja.Expr.Comparison;
import io.talchum.text.jinja.Expr.Keyword;
import io.talchum.text.jinja.Value.DictValue;
import io.talchum.text.jinja.Value.FunctionValue;
import io.talchum.text.jinja.Value.ListValue;
import io.talchum.text.jinja.Value.ObjectValue;
import io.talchum.text.jinja.Value.TupleValue;
import io.talchum.text.jinja.Value.Undefined;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Computes expressions for one rendering; one thread. */
final class Interpreter {
  private final Budget budget;
  private final ZonedDateTime now;

  Interpreter(Budget budget, ZonedDateTime now) {
    this.budget = budget;
    this.now = now;
  }

  Budget budget() {
    return budget;
  }

  ZonedDateTime now() {
    return now;
  }

  Value eval(Expr expr, VariableScope scope) {
    budget.step();
    budget.enter();
    Value value;
    try {
      value = compute(expr, scope);
    } catch (TemplateException e) {
      throw e.atLine(expr.line());
    }
    budget.leave();
    return value;
  }

  private Value compute(Expr expr, VariableScope scope) {
    return switch (expr) {
      case Expr.Literal literal -> literal.value();
      case Expr.Name name -> variable(name.name(), scope);
      case Expr.Attribute attribute ->
          Attributes.attribute(eval(attribute.target(), scope), attribute.name(), this);
      case Expr.Item item -> item(item, scope);
      case Expr.Call call -> call(call, scope);
      case Expr.Filtered filtered -> filtered(filtered, scope, null);
      case Expr.Tested tested -> Value.of(tested(tested, scope));
      case Expr.Not not -> Value.of(!Python.truth(eval(not.operand(), scope)));
      case Expr.And and -> {
        Value left = eval(and.left(), scope);
        yield Python.truth(left) ? eval(and.right(), scope) : left;
      }
      case Expr.Or or -> {
        Value left = eval(or.left(), scope);
        yield Python.truth(left) ? left : eval(or.right(), scope);
      }
      case Expr.Binary binary ->
          Operators.apply(
              binary.operator(), eval(binary.left(), scope), eval(binary.right(), scope), this);
      case Expr.Sign sign -> Operators.sign(sign.negative(), eval(sign.operand(), scope));
      case Expr.Compare compare -> Value.of(compare(compare, scope));
      case Expr.Concat concat -> concat(concat, scope);
      case Expr.Conditional conditional -> conditional(conditional, scope);
      case Expr.ListOf list -> new ListValue(all(list.items(), scope));
      case Expr.TupleOf tuple -> new TupleValue(all(tuple.items(), scope));
      case Expr.DictOf dict -> dict(dict, scope);
      case Expr.Slice slice -> throw TemplateException.type("a slice stands alone");
      case Expr.NamespaceTarget target -> throw TemplateException.type("a target is no value");
    };
  }

  private static Value variable(String name, VariableScope scope) {
    Value value = scope.find(name);
    if (value == null) {
      value = Globals.named(name);
    }
    return value == null ? Undefined.name(name) : value;
  }

  private Value item(Expr.Item item, VariableScope scope) {
    Value target = eval(item.target(), scope);
    if (item.index() instanceof Expr.Slice slice) {
      return Attributes.slice(
          target,
          optional(slice.start(), scope),
          optional(slice.stop(), scope),
          optional(slice.step(), scope),
          this);
    }
    return Attributes.item(target, eval(item.index(), scope), this);
  }

  private @Nullable Value optional(@Nullable Expr expr, VariableScope scope) {
    return expr == null ? null : eval(expr, scope);
  }

  private boolean compare(Expr.Compare compare, VariableScope scope) {
    Value left = eval(compare.first(), scope);
    for (Comparison link : compare.comparisons()) {
      Value right = eval(link.operand(), scope);
      if (!Comparing.holds(link.relation(), left, right, budget)) {
        return false;
      }
      left = right;
    }
    return true;
  }

  private Value concat(Expr.Concat concat, VariableScope scope) {
    TextBuilder out = new TextBuilder(budget);
    for (Expr part : concat.parts()) {
      out.append(Repr.str(eval(part, scope), budget));
    }
    return out.build();
  }

  private Value conditional(Expr.Conditional conditional, VariableScope scope) {
    if (Python.truth(eval(conditional.test(), scope))) {
      return eval(conditional.then(), scope);
    }
    Expr otherwise = conditional.otherwise();
    if (otherwise != null) {
      return eval(otherwise, scope);
    }
    return new Undefined(
        ErrorKind.UNDEFINED,
        "the inline if-expression on line "
            + conditional.line()
            + " evaluated to false and no else section was defined.");
  }

  private List<Value> all(List<Expr> exprs, VariableScope scope) {
    List<Value> values = new ArrayList<>(exprs.size());
    for (Expr expr : exprs) {
      values.add(eval(expr, scope));
    }
    return values;
  }

  private Value dict(Expr.DictOf dict, VariableScope scope) {
    DictValue value = new DictValue();
    for (int i = 0; i < dict.keys().size(); i++) {
      Value key = eval(dict.keys().get(i), scope);
      value.entries().put(DictKey.of(key), eval(dict.values().get(i), scope));
    }
    return value;
  }

  private Value call(Expr.Call call, VariableScope scope) {
    Value callee = eval(call.callee(), scope);
    return invoke(callee, args(call.arguments(), scope));
  }

  Value invoke(Value callee, Args args) {
    budget.step();
    return switch (callee) {
      case FunctionValue function -> function.body().call(this, args);
      case Undefined undefined -> throw undefined.raise();
      case ObjectValue object -> object.call(this, args);
      default ->
          throw TemplateException.type("'" + Python.typeName(callee) + "' object is not callable");
    };
  }

  /** A call block's arguments get the caller as one more. */
  Args args(Arguments arguments, VariableScope scope) {
    if (arguments == Arguments.NONE) {
      return Args.NONE;
    }
    List<Value> positional = all(arguments.positional(), scope);
    if (arguments.starPositional() != null) {
      positional.addAll(Python.list(eval(arguments.starPositional(), scope), budget));
    }
    Map<String, Value> keywords = new LinkedHashMap<>();
    for (Keyword keyword : arguments.keywords()) {
      if (keywords.put(keyword.name(), eval(keyword.value(), scope)) != null) {
        throw new TemplateException(
            ErrorKind.SYNTAX, "keyword argument repeated: " + keyword.name());
      }
    }
    if (arguments.starKeywords() != null) {
      spread(eval(arguments.starKeywords(), scope), keywords);
    }
    return new Args(positional, keywords);
  }

  private static void spread(Value value, Map<String, Value> keywords) {
    if (!(value instanceof DictValue dict)) {
      throw TemplateException.type(
          "argument after ** must be a mapping, not " + Python.typeName(value));
    }
    dict.entries()
        .forEach(
            (key, item) -> {
              if (!(key.value() instanceof Text name)) {
                throw TemplateException.type("keywords must be strings");
              }
              keywords.put(name.string(), item);
            });
  }

  /**
   * A chain of filters.
   *
   * @param body what the first filter gets where it has no target of its own
   */
  Value filtered(Expr.Filtered filtered, VariableScope scope, @Nullable Value body) {
    Value target;
    if (filtered.target() == null) {
      target = body == null ? Text.EMPTY : body;
    } else if (filtered.target() instanceof Expr.Filtered inner) {
      target = filtered(inner, scope, body);
    } else {
      target = eval(filtered.target(), scope);
    }
    Filter filter = filtered.filter();
    if (filter == null) {
      throw new TemplateException(
          ErrorKind.RUNTIME, "No filter named '" + filtered.name() + "' found.");
    }
    return filter.apply(this, target, args(filtered.arguments(), scope));
  }

  private boolean tested(Expr.Tested tested, VariableScope scope) {
    Value target = eval(tested.target(), scope);
    Test test = tested.test();
    if (test == null) {
      throw new TemplateException(
          ErrorKind.RUNTIME, "No test named '" + tested.name() + "' found.");
    }
    return test.holds(this, target, args(tested.arguments(), scope));
  }

  Text str(Value value) {
    return Repr.str(value, budget);
  }

  List<Value> list(Value value) {
    return Python.list(value, budget);
  }

  Iterator<Value> iterate(Value value) {
    return Python.iterate(value);
  }
}
