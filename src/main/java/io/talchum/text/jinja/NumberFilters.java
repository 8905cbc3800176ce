package io.talchum.text.jinja;

import io.talchum.text.jinja.Value.BoolValue;
import io.talchum.text.jinja.Value.FloatValue;
import io.talchum.text.jinja.Value.IntValue;
import io.talchum.text.jinja.Value.Undefined;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Filters to and from numbers. */
final class NumberFilters {
  private static final int MAX_DIGITS = 4300;

  private NumberFilters() {}

  static void addTo(Map<String, Filter> filters) {
    filters.put("abs", (i, value, args) -> abs(value));
    filters.put("int", NumberFilters::toInt);
    filters.put("float", NumberFilters::toFloat);
    filters.put("round", NumberFilters::round);
  }

  private static Value abs(Value value) {
    if (value instanceof FloatValue number) {
      return new FloatValue(Math.abs(number.value()));
    }
    BigInteger integer = Python.integer(value);
    if (integer == null) {
      refuseUndefined(value);
      throw TemplateException.type("bad operand type for abs(): '" + Python.typeName(value) + "'");
    }
    return new IntValue(integer.abs());
  }

  private static Value toInt(Interpreter interpreter, Value value, Args args) {
    @Nullable Value[] bound = args.bind("int", "default", "base");
    refuseUndefined(value);
    Value otherwise = bound[0] == null ? Value.of(0) : bound[0];
    int base = bound[1] == null ? 10 : Python.index(bound[1]);
    if (value instanceof Text text) {
      BigInteger parsed = parseInt(text.string(), base);
      if (parsed != null) {
        return new IntValue(parsed);
      }
    }
    BigInteger integer = Python.integer(value);
    if (integer != null) {
      return new IntValue(integer);
    }
    Double number = number(value);
    if (number == null || number.isNaN() || number.isInfinite()) {
      if (value instanceof FloatValue infinite && Double.isInfinite(infinite.value())) {
        throw new TemplateException(ErrorKind.OVERFLOW, "cannot convert float infinity to integer");
      }
      return otherwise;
    }
    return new IntValue(new BigDecimal(number).toBigInteger());
  }

  private static Value toFloat(Interpreter interpreter, Value value, Args args) {
    Value otherwise = args.bind("float", "default")[0];
    refuseUndefined(value);
    Double number = number(value);
    if (number != null) {
      return new FloatValue(number);
    }
    return otherwise == null ? new FloatValue(0) : otherwise;
  }

  private static void refuseUndefined(Value value) {
    if (value instanceof Undefined undefined) {
      throw undefined.raise();
    }
  }

  /** float(value), or null where Python raises. */
  static @Nullable Double number(Value value) {
    if (Python.isNumber(value)) {
      return Python.asDouble(value);
    }
    if (!(value instanceof Text text)) {
      return null;
    }
    String string = strip(text.string()).toLowerCase(Locale.ROOT);
    return switch (string) {
      case "inf", "+inf", "infinity", "+infinity" -> Double.POSITIVE_INFINITY;
      case "-inf", "-infinity" -> Double.NEGATIVE_INFINITY;
      case "nan", "+nan", "-nan" -> Double.NaN;
      default ->
          string.matches(
                  "[+-]?(\\d+(_\\d+)*\\.?(\\d+(_\\d+)*)?|\\.\\d+(_\\d+)*)(e[+-]?\\d+(_\\d+)*)?")
              ? Double.valueOf(string.replace("_", ""))
              : null;
    };
  }

  private static String strip(String string) {
    int from = PythonText.skipSpace(string, 0);
    return string.substring(from, PythonText.trimmedEnd(string, from, string.length()));
  }

  /** int(string, base), or null where Python raises. */
  private static @Nullable BigInteger parseInt(String text, int base) {
    if ((base != 0 && base < 2) || base > 36) {
      return null;
    }
    String string = strip(text).toLowerCase(Locale.ROOT);
    boolean negative = string.startsWith("-");
    String digits = negative || string.startsWith("+") ? string.substring(1) : string;
    int radix = base == 0 ? 10 : base;
    for (String prefix : new String[] {"0x16", "0o8", "0b2"}) {
      int prefixRadix = Integer.parseInt(prefix.substring(2));
      if (digits.startsWith(prefix.substring(0, 2)) && (base == 0 || base == prefixRadix)) {
        digits = digits.substring(digits.startsWith("_", 2) ? 3 : 2);
        radix = prefixRadix;
      }
    }
    if (digits.length() > MAX_DIGITS || !digits.matches("[0-9a-z]+(_[0-9a-z]+)*")) {
      return null;
    }
    try {
      BigInteger value = new BigInteger(digits.replace("_", ""), radix);
      return negative ? value.negate() : value;
    } catch (NumberFormatException e) {
      return null;
    }
  }

  private static Value round(Interpreter interpreter, Value value, Args args) {
    @Nullable Value[] bound = args.bind("round", "precision", "method");
    refuseUndefined(value);
    int precision = bound[0] == null ? 0 : Python.index(bound[0]);
    String method = bound[1] == null ? "common" : interpreter.str(bound[1]).string();
    if (!method.equals("common") && !method.equals("ceil") && !method.equals("floor")) {
      throw new TemplateException(
          ErrorKind.FILTER_ARGUMENT, "method must be common, ceil or floor");
    }
    if (!Python.isNumber(value)) {
      throw TemplateException.type(
          "type " + Python.typeName(value) + " doesn't define __round__ method");
    }
    if (method.equals("common")) {
      return roundHalfEven(value, precision);
    }
    double scale = Math.pow(10, precision);
    double scaled = Python.asDouble(value) * scale;
    return new FloatValue((method.equals("ceil") ? Math.ceil(scaled) : Math.floor(scaled)) / scale);
  }

  private static Value roundHalfEven(Value value, int precision) {
    if (value instanceof FloatValue(double number)) {
      if (Double.isNaN(number) || Double.isInfinite(number) || Math.abs(precision) > 400) {
        return precision < -400 ? new FloatValue(0) : value;
      }
      double rounded =
          new BigDecimal(number).setScale(precision, RoundingMode.HALF_EVEN).doubleValue();
      return new FloatValue(rounded == 0 && (number < 0 || 1 / number < 0) ? -0.0 : rounded);
    }
    BigInteger integer = Python.integer(value);
    if (integer == null || precision >= 0) {
      return value instanceof BoolValue
          ? new IntValue(integer == null ? BigInteger.ZERO : integer)
          : value;
    }
    int scale = Math.max(precision, -MAX_DIGITS);
    return new IntValue(
        new BigDecimal(integer).setScale(scale, RoundingMode.HALF_EVEN).toBigInteger());
  }
}
