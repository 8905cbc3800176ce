package io.talchum.text.jinja;

import io.talchum.text.jinja.Expr.Arithmetic;
import io.talchum.text.jinja.Value.FloatValue;
import io.talchum.text.jinja.Value.IntValue;
import io.talchum.text.jinja.Value.ListValue;
import io.talchum.text.jinja.Value.TupleValue;
import io.talchum.text.jinja.Value.Undefined;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Python's arithmetic, bounded. */
final class Operators {
  private static final int MAX_INTEGER_BITS = 1 << 20;

  private Operators() {}

  static Value apply(Arithmetic operator, Value left, Value right, Interpreter interpreter) {
    if (operator == Arithmetic.MODULO && left instanceof Text) {
      throw TemplateException.notServed("the operator % on text");
    }
    refuseUndefined(left);
    refuseUndefined(right);
    if (Python.isNumber(left) && Python.isNumber(right)) {
      BigInteger a = Python.integer(left);
      BigInteger b = Python.integer(right);
      return a != null && b != null
          ? integers(operator, a, b)
          : floats(operator, Python.asDouble(left), Python.asDouble(right));
    }
    Value sequence =
        switch (operator) {
          case ADD -> concatenated(left, right, interpreter.budget());
          case MULTIPLY -> repeated(left, right, interpreter.budget());
          default -> null;
        };
    if (sequence == null) {
      throw unsupported(operator, left, right);
    }
    return sequence;
  }

  private static void refuseUndefined(Value value) {
    if (value instanceof Undefined undefined) {
      throw undefined.raise();
    }
  }

  private static TemplateException unsupported(Arithmetic operator, Value left, Value right) {
    if (operator == Arithmetic.ADD && isSequence(left)) {
      String type = Python.typeName(left);
      return TemplateException.type(
          "can only concatenate %s (not \"%s\") to %s"
              .formatted(type, Python.typeName(right), type));
    }
    if (operator == Arithmetic.MULTIPLY && (isSequence(left) || isSequence(right))) {
      return TemplateException.type(
          "can't multiply sequence by non-int of type '"
              + Python.typeName(isSequence(left) ? right : left)
              + "'");
    }
    return TemplateException.type(
        "unsupported operand type(s) for %s: '%s' and '%s'"
            .formatted(operator.symbol(), Python.typeName(left), Python.typeName(right)));
  }

  private static boolean isSequence(Value value) {
    return value instanceof Text || value instanceof ListValue || value instanceof TupleValue;
  }

  private static Value integers(Arithmetic operator, BigInteger a, BigInteger b) {
    return switch (operator) {
      case ADD -> bounded(a.add(b));
      case SUBTRACT -> bounded(a.subtract(b));
      case MULTIPLY -> {
        checkBits((long) a.bitLength() + b.bitLength());
        yield new IntValue(a.multiply(b));
      }
      case DIVIDE -> {
        if (b.signum() == 0) {
          throw zeroDivision("division by zero");
        }
        yield new FloatValue(Python.asDouble(new IntValue(a)) / Python.asDouble(new IntValue(b)));
      }
      case FLOOR_DIVIDE -> new IntValue(floorDivide(a, b)[0]);
      case MODULO -> new IntValue(floorDivide(a, b)[1]);
      case POWER -> power(a, b);
    };
  }

  private static IntValue bounded(BigInteger value) {
    checkBits(value.bitLength());
    return new IntValue(value);
  }

  private static void checkBits(long bits) {
    if (bits > MAX_INTEGER_BITS) {
      throw TemplateException.limit("an integer of more than " + MAX_INTEGER_BITS + " bits");
    }
  }

  private static BigInteger[] floorDivide(BigInteger a, BigInteger b) {
    if (b.signum() == 0) {
      throw zeroDivision("integer division or modulo by zero");
    }
    BigInteger[] parts = a.divideAndRemainder(b);
    if (parts[1].signum() != 0 && parts[1].signum() != b.signum()) {
      parts[0] = parts[0].subtract(BigInteger.ONE);
      parts[1] = parts[1].add(b);
    }
    return parts;
  }

  private static TemplateException zeroDivision(String reason) {
    return new TemplateException(ErrorKind.ZERO_DIVISION, reason);
  }

  private static Value power(BigInteger base, BigInteger exponent) {
    if (exponent.signum() < 0) {
      return floats(
          Arithmetic.POWER,
          Python.asDouble(new IntValue(base)),
          Python.asDouble(new IntValue(exponent)));
    }
    if (base.bitLength() > 1 || base.signum() < 0) {
      checkBits(
          exponent.bitLength() > 31 ? Long.MAX_VALUE : exponent.longValue() * base.bitLength());
    }
    if (exponent.bitLength() > 31) {
      return new IntValue(base);
    }
    return new IntValue(base.pow(exponent.intValueExact()));
  }

  private static Value floats(Arithmetic operator, double a, double b) {
    double result =
        switch (operator) {
          case ADD -> a + b;
          case SUBTRACT -> a - b;
          case MULTIPLY -> a * b;
          case DIVIDE -> a / nonZero(b, "float division by zero");
          case FLOOR_DIVIDE -> Math.floor(a / nonZero(b, "float floor division by zero"));
          case MODULO -> modulo(a, nonZero(b, "float modulo"));
          case POWER -> power(a, b);
        };
    return new FloatValue(result);
  }

  private static double power(double a, double b) {
    if (a == 0 && b < 0) {
      throw zeroDivision("0.0 cannot be raised to a negative power");
    }
    double result = Math.pow(a, b);
    if (Double.isInfinite(result) && !Double.isInfinite(a) && !Double.isInfinite(b)) {
      throw new TemplateException(ErrorKind.OVERFLOW, "(34, 'Numerical result out of range')");
    }
    return result;
  }

  private static double nonZero(double value, String reason) {
    if (value == 0) {
      throw zeroDivision(reason);
    }
    return value;
  }

  private static double modulo(double a, double b) {
    double rest = a % b;
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
  }

  private static @Nullable Value concatenated(Value left, Value right, Budget budget) {
    if (left instanceof Text a && right instanceof Text b) {
      return join(a, b, budget);
    }
    if (left instanceof ListValue(List<Value> a) && right instanceof ListValue(List<Value> b)) {
      return new ListValue(joined(a, b, budget));
    }
    if (left instanceof TupleValue a && right instanceof TupleValue b) {
      return new TupleValue(joined(a.items(), b.items(), budget));
    }
    return null;
  }

  /** Markup escapes what it is joined with. */
  private static Text join(Text left, Text right, Budget budget) {
    boolean markup = left.isMarkup() || right.isMarkup();
    Text a = markup ? Html.escape(left, budget) : left;
    Text b = markup ? Html.escape(right, budget) : right;
    return new TextBuilder(budget).append(a).append(b).build().withMarkup(markup);
  }

  private static List<Value> joined(List<Value> a, List<Value> b, Budget budget) {
    budget.items((long) a.size() + b.size());
    List<Value> joined = new ArrayList<>(a);
    joined.addAll(b);
    return joined;
  }

  private static @Nullable Value repeated(Value left, Value right, Budget budget) {
    Value sequence = isSequence(left) ? left : right;
    Value times = isSequence(left) ? right : left;
    BigInteger integer = Python.integer(times);
    if (integer == null) {
      return null;
    }
    int count = Math.max(0, Python.index(times));
    return switch (sequence) {
      case Text text -> repeat(text, count, budget);
      case ListValue list -> new ListValue(repeat(list.items(), count, budget));
      case TupleValue tuple -> new TupleValue(repeat(tuple.items(), count, budget));
      default -> null;
    };
  }

  static Text repeat(Text text, int count, Budget budget) {
    long length = (long) text.string().length() * count;
    budget.text(length);
    if (text.isAllTemplate() || count == 0) {
      return Text.of(text.string().repeat(length == 0 ? 0 : count), true)
          .withMarkup(text.isMarkup());
    }
    return Text.data(text.string().repeat(count)).withMarkup(text.isMarkup());
  }

  private static List<Value> repeat(List<Value> items, int count, Budget budget) {
    budget.items((long) items.size() * count);
    List<Value> repeated = new ArrayList<>();
    for (int i = 0; i < count && !items.isEmpty(); i++) {
      repeated.addAll(items);
    }
    return repeated;
  }

  static Value sign(boolean negative, Value value) {
    refuseUndefined(value);
    BigInteger integer = Python.integer(value);
    if (integer != null) {
      return new IntValue(negative ? integer.negate() : integer);
    }
    if (value instanceof FloatValue number) {
      return new FloatValue(negative ? -number.value() : number.value());
    }
    throw TemplateException.type(
        "bad operand type for unary %s: '%s'"
            .formatted(negative ? "-" : "+", Python.typeName(value)));
  }

  /** A sequence of code points or items by Python's slice rules. */
  static Value slice(
      Value target,
      @Nullable Value start,
      @Nullable Value stop,
      @Nullable Value step,
      Budget budget) {
    int size =
        switch (target) {
          case Text text -> text.codePoints();
          case ListValue list -> list.items().size();
          case TupleValue tuple -> tuple.items().size();
          case Value.RangeValue range -> (int) range.size();
          case Value.DictValue dict -> throw TemplateException.type("unhashable type: 'slice'");
          default ->
              throw TemplateException.type(
                  "'" + Python.typeName(target) + "' object is not subscriptable");
        };
    SliceBounds bounds = SliceBounds.of(start, stop, step, size);
    budget.items(bounds.count());
    return switch (target) {
      case Text text -> slice(text, bounds, size, budget);
      case ListValue list -> new ListValue(slice(list.items(), bounds));
      case TupleValue tuple -> new TupleValue(slice(tuple.items(), bounds));
      default -> {
        Value.RangeValue range = (Value.RangeValue) target;
        long first = range.start() + bounds.start() * range.step();
        long stride = range.step() * bounds.step();
        yield new Value.RangeValue(first, first + stride * bounds.count(), stride);
      }
    };
  }

  private static List<Value> slice(List<Value> items, SliceBounds bounds) {
    if (bounds.step() == 1) {
      int from = (int) bounds.start();
      return new ArrayList<>(items.subList(from, from + (int) bounds.count()));
    }
    List<Value> picked = new ArrayList<>();
    for (long i = 0; i < bounds.count(); i++) {
      picked.add(items.get((int) (bounds.start() + i * bounds.step())));
    }
    return picked;
  }

  private static Text slice(Text text, SliceBounds bounds, int size, Budget budget) {
    if (bounds.count() == 0) {
      return Text.EMPTY.withMarkup(text.isMarkup());
    }
    if (bounds.step() == 1) {
      int from = text.offset((int) bounds.start());
      int to = text.string().offsetByCodePoints(from, (int) bounds.count());
      budget.text(to - from);
      return text.substring(from, to);
    }
    int[] offsets = new int[size + 1];
    for (int i = 0; i < size; i++) {
      offsets[i + 1] = text.string().offsetByCodePoints(offsets[i], 1);
    }
    TextBuilder out = new TextBuilder(budget);
    for (long i = 0; i < bounds.count(); i++) {
      int at = (int) (bounds.start() + i * bounds.step());
      out.append(text, offsets[at], offsets[at + 1]);
    }
    return out.build().withMarkup(text.isMarkup());
  }

  static List<Value> reversed(List<Value> items) {
    List<Value> reversed = new ArrayList<>(items);
    Collections.reverse(reversed);
    return reversed;
  }
}
