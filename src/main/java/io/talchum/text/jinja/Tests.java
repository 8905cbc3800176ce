package io.talchum.text.jinja;

import io.talchum.text.jinja.Expr.Relation;
import io.talchum.text.jinja.Value.BoolValue;
import io.talchum.text.jinja.Value.DictValue;
import io.talchum.text.jinja.Value.FloatValue;
import io.talchum.text.jinja.Value.FunctionValue;
import io.talchum.text.jinja.Value.IntValue;
import io.talchum.text.jinja.Value.ListValue;
import io.talchum.text.jinja.Value.NoneValue;
import io.talchum.text.jinja.Value.RangeValue;
import io.talchum.text.jinja.Value.TupleValue;
import io.talchum.text.jinja.Value.Undefined;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** All tests by name. */
final class Tests {
  private static final Map<String, Test> BY_NAME = all();

  private Tests() {}

  static @Nullable Test named(String name) {
    return BY_NAME.get(name);
  }

  private static Map<String, Test> all() {
    Map<String, Test> tests = new HashMap<>();
    tests.put("defined", (i, value, args) -> !(value instanceof Undefined));
    tests.put("undefined", (i, value, args) -> value instanceof Undefined);
    tests.put("none", (i, value, args) -> value instanceof NoneValue);
    tests.put("boolean", (i, value, args) -> value instanceof BoolValue);
    tests.put("true", (i, value, args) -> value == BoolValue.TRUE);
    tests.put("false", (i, value, args) -> value == BoolValue.FALSE);
    tests.put("integer", (i, value, args) -> value instanceof IntValue);
    tests.put("float", (i, value, args) -> value instanceof FloatValue);
    tests.put("number", (i, value, args) -> Python.isNumber(value));
    tests.put("string", (i, value, args) -> value instanceof Text);
    tests.put("mapping", (i, value, args) -> value instanceof DictValue);
    tests.put("iterable", (i, value, args) -> Python.isIterable(value));
    tests.put("sequence", (i, value, args) -> isSequence(value));
    tests.put("callable", (i, value, args) -> isCallable(value));
    tests.put("escaped", (i, value, args) -> value instanceof Text text && text.isMarkup());
    tests.put("lower", (i, value, args) -> Casing.isLower(i.str(value).string()));
    tests.put("upper", (i, value, args) -> Casing.isUpper(i.str(value).string()));
    tests.put("odd", (i, value, args) -> remainder(i, value, Value.of(2)).equals(Value.of(1)));
    tests.put("even", (i, value, args) -> !Python.truth(remainder(i, value, Value.of(2))));
    tests.put("divisibleby", Tests::divisible);
    tests.put("sameas", (i, value, args) -> same(value, args.required("sameas", 0), i));
    tests.put(
        "in", (i, value, args) -> Comparing.contains(args.required("in", 0), value, i.budget()));
    tests.put("filter", (i, value, args) -> Filters.isServed(i.str(value).string()));
    tests.put("test", (i, value, args) -> named(i.str(value).string()) != null);
    relations(tests);
    return Map.copyOf(tests);
  }

  private static void relations(Map<String, Test> tests) {
    relation(tests, Relation.EQUAL, "==", "eq", "equalto");
    relation(tests, Relation.NOT_EQUAL, "!=", "ne");
    relation(tests, Relation.LESS, "<", "lt", "lessthan");
    relation(tests, Relation.LESS_OR_EQUAL, "<=", "le");
    relation(tests, Relation.GREATER, ">", "gt", "greaterthan");
    relation(tests, Relation.GREATER_OR_EQUAL, ">=", "ge");
  }

  private static void relation(Map<String, Test> tests, Relation relation, String... names) {
    for (String name : names) {
      tests.put(
          name,
          (i, value, args) -> Comparing.holds(relation, value, args.required(name, 0), i.budget()));
    }
  }

  private static boolean isSequence(Value value) {
    return value instanceof Text
        || value instanceof ListValue
        || value instanceof TupleValue
        || value instanceof DictValue
        || value instanceof RangeValue
        || value instanceof Undefined;
  }

  private static boolean isCallable(Value value) {
    return value instanceof FunctionValue
        || value instanceof MacroValue
        || value instanceof LoopValue
        || value instanceof Undefined;
  }

  private static boolean divisible(Interpreter interpreter, Value value, Args args) {
    return !Python.truth(remainder(interpreter, value, args.required("divisibleby", 0)));
  }

  private static Value remainder(Interpreter interpreter, Value value, Value by) {
    if (value instanceof Text) {
      throw TemplateException.type("not all arguments converted during string formatting");
    }
    return Operators.apply(Expr.Arithmetic.MODULO, value, by, interpreter);
  }

  /** Identity: small values that are equal are one object in Python, too. */
  private static boolean same(Value value, Value other, Interpreter interpreter) {
    boolean plain =
        value instanceof Text || value instanceof IntValue || value instanceof NoneValue;
    return plain
        ? value.getClass() == other.getClass()
            && Comparing.equal(value, other, interpreter.budget())
        : value == other;
  }
}
