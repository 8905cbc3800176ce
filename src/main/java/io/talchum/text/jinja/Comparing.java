package io.talchum.text.jinja;

import io.talchum.text.jinja.Expr.Relation;
import io.talchum.text.jinja.Value.DictValue;
import io.talchum.text.jinja.Value.FloatValue;
import io.talchum.text.jinja.Value.ListValue;
import io.talchum.text.jinja.Value.TupleValue;
import io.talchum.text.jinja.Value.Undefined;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Python's equality, order and membership. */
final class Comparing {
  private Comparing() {}

  static boolean holds(Relation relation, Value left, Value right, Budget budget) {
    budget.step();
    return switch (relation) {
      case EQUAL -> equal(left, right, budget);
      case NOT_EQUAL -> !equal(left, right, budget);
      case LESS -> compare(left, right, "<", budget) < 0;
      case LESS_OR_EQUAL -> {
        int order = compare(left, right, "<=", budget);
        yield order <= 0;
      }
      case GREATER -> {
        int order = compare(left, right, ">", budget);
        yield order > 0 && order != UNORDERED;
      }
      case GREATER_OR_EQUAL -> {
        int order = compare(left, right, ">=", budget);
        yield order >= 0 && order != UNORDERED;
      }
      case IN -> contains(right, left, budget);
      case NOT_IN -> !contains(right, left, budget);
    };
  }

  /** With NaN nothing is less, equal or greater. */
  private static final int UNORDERED = Integer.MAX_VALUE;

  static boolean equal(Value left, Value right, Budget budget) {
    if (Python.isNumber(left) && Python.isNumber(right)) {
      return numbers(left, right) == 0;
    }
    if (left instanceof Text a && right instanceof Text b) {
      return a.string().equals(b.string());
    }
    budget.step();
    budget.enter();
    boolean equal =
        switch (left) {
          case ListValue(List<Value> a) ->
              right instanceof ListValue(List<Value> b) && equalItems(a, b, budget);
          case TupleValue a ->
              right instanceof TupleValue b && equalItems(a.items(), b.items(), budget);
          case DictValue(Map<DictKey, Value> a) ->
              right instanceof DictValue(Map<DictKey, Value> b) && equalEntries(a, b, budget);
          case Undefined undefined -> right instanceof Undefined;
          case Value.RangeValue range -> range.equals(right);
          default -> left == right;
        };
    budget.leave();
    return equal;
  }

  private static boolean equalItems(List<Value> a, List<Value> b, Budget budget) {
    if (a.size() != b.size()) {
      return false;
    }
    for (int i = 0; i < a.size(); i++) {
      if (!equal(a.get(i), b.get(i), budget)) {
        return false;
      }
    }
    return true;
  }

  private static boolean equalEntries(Map<DictKey, Value> a, Map<DictKey, Value> b, Budget budget) {
    if (a.size() != b.size()) {
      return false;
    }
    for (Map.Entry<DictKey, Value> entry : a.entrySet()) {
      Value other = b.get(entry.getKey());
      if (other == null || !equal(entry.getValue(), other, budget)) {
        return false;
      }
    }
    return true;
  }

  /** Negative, zero, positive; TypeError for types without an order. */
  static int compare(Value left, Value right, String sign, Budget budget) {
    if (left instanceof Undefined undefined) {
      throw undefined.raise();
    }
    if (right instanceof Undefined undefined) {
      throw undefined.raise();
    }
    if (Python.isNumber(left) && Python.isNumber(right)) {
      return numbers(left, right);
    }
    if (left instanceof Text a && right instanceof Text b) {
      return codePointOrder(a.string(), b.string());
    }
    if (left instanceof ListValue(List<Value> a) && right instanceof ListValue(List<Value> b)) {
      return compareItems(a, b, sign, budget);
    }
    if (left instanceof TupleValue a && right instanceof TupleValue b) {
      return compareItems(a.items(), b.items(), sign, budget);
    }
    throw TemplateException.type(
        "'%s' not supported between instances of '%s' and '%s'"
            .formatted(sign, Python.typeName(left), Python.typeName(right)));
  }

  private static int compareItems(List<Value> a, List<Value> b, String sign, Budget budget) {
    for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
      budget.step();
      if (!equal(a.get(i), b.get(i), budget)) {
        return compare(a.get(i), b.get(i), sign, budget);
      }
    }
    return Integer.compare(a.size(), b.size());
  }

  private static int numbers(Value left, Value right) {
    if (isNan(left) || isNan(right)) {
      return UNORDERED;
    }
    BigInteger a = Python.integer(left);
    BigInteger b = Python.integer(right);
    if (a != null && b != null) {
      return a.compareTo(b);
    }
    double x = a == null ? Python.asDouble(left) : 0;
    double y = b == null ? Python.asDouble(right) : 0;
    if (a == null && b == null) {
      return x == y ? 0 : Double.compare(x, y);
    }
    if (a == null) {
      return Double.isInfinite(x) ? (int) Math.signum(x) : new BigDecimal(x).compareTo(decimal(b));
    }
    return Double.isInfinite(y) ? -(int) Math.signum(y) : decimal(a).compareTo(new BigDecimal(y));
  }

  private static BigDecimal decimal(@Nullable BigInteger value) {
    return new BigDecimal(value == null ? BigInteger.ZERO : value);
  }

  private static boolean isNan(Value value) {
    return value instanceof FloatValue(double number) && Double.isNaN(number);
  }

  /** Surrogate pairs sort after the rest of the plane, as code points do. */
  private static int codePointOrder(String a, String b) {
    int shared = Math.min(a.length(), b.length());
    for (int i = 0; i < shared; i++) {
      char x = a.charAt(i);
      char y = b.charAt(i);
      if (x != y) {
        boolean surrogates = Character.isSurrogate(x) == Character.isSurrogate(y);
        return surrogates ? Character.compare(x, y) : Character.isSurrogate(x) ? 1 : -1;
      }
    }
    return Integer.compare(a.length(), b.length());
  }

  static boolean contains(Value container, Value item, Budget budget) {
    if (container instanceof Text text) {
      if (item instanceof Text part) {
        budget.steps(1 + text.string().length() / 1024);
        return text.string().contains(part.string());
      }
      throw TemplateException.type(
          "'in <string>' requires string as left operand, not " + Python.typeName(item));
    }
    if (container instanceof DictValue(Map<DictKey, Value> entries)) {
      return entries.containsKey(DictKey.of(item));
    }
    if (!Python.isIterable(container)) {
      throw TemplateException.type(
          "argument of type '" + Python.typeName(container) + "' is not iterable");
    }
    Iterator<Value> items = Python.iterate(container);
    while (items.hasNext()) {
      budget.step();
      if (equal(items.next(), item, budget)) {
        return true;
      }
    }
    return false;
  }
}
