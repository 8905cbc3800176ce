package io.talchum.text.jinja;

import io.talchum.text.jinja.Value.DictValue;
import io.talchum.text.jinja.Value.FloatValue;
import io.talchum.text.jinja.Value.ListValue;
import io.talchum.text.jinja.Value.TupleValue;
import io.talchum.text.jinja.Value.Undefined;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Python's {@code "..." % values}; the pieces keep their origins. */
final class Printf {
  private static final int MAX_WIDTH = 1 << 20;

  private final Text format;
  private final String string;
  private final Value operand;
  private final List<Value> values;
  private final Interpreter interpreter;
  private final TextBuilder out;
  private int at;
  private int used;

  private Printf(Text format, Value operand, Interpreter interpreter) {
    this.format = format;
    this.string = format.string();
    this.operand = operand;
    this.values = operand instanceof TupleValue tuple ? tuple.items() : List.of(operand);
    this.interpreter = interpreter;
    this.out = new TextBuilder(interpreter.budget());
  }

  static Text format(Text format, Value operand, Interpreter interpreter) {
    return new Printf(format, operand, interpreter).run();
  }

  private Text run() {
    while (at < string.length()) {
      int percent = string.indexOf('%', at);
      if (percent < 0) {
        break;
      }
      out.append(format, at, percent);
      at = percent + 1;
      directive(percent);
    }
    out.append(format, at, string.length());
    boolean mapping = operand instanceof DictValue || operand instanceof ListValue;
    if (used < values.size() && !mapping) {
      throw TemplateException.type("not all arguments converted during string formatting");
    }
    return out.build().withMarkup(format.isMarkup());
  }

  private void directive(int percent) {
    Value named = name();
    FormatSpec.Flags flags = flags();
    int width = size(flags);
    int precision = -1;
    if (peek() == '.') {
      at++;
      precision = Math.max(0, size(null));
    }
    while (peek() == 'h' || peek() == 'l' || peek() == 'L') {
      at++;
    }
    if (at >= string.length()) {
      throw TemplateException.value("incomplete format");
    }
    char type = string.charAt(at++);
    if (type == '%') {
      out.append("%", format.isTemplateAt(percent));
      return;
    }
    if ("sracdiuoxXeEfFgG".indexOf(type) < 0) {
      throw TemplateException.value(
          "unsupported format character '%c' (0x%x) at index %d"
              .formatted(type, (int) type, at - 1));
    }
    Value value = named == null ? next() : named;
    Text converted = convert(value, type, precision, flags);
    out.append(pad(converted, Math.abs(width), flags, "sracC".indexOf(type) >= 0));
  }

  private char peek() {
    return at < string.length() ? string.charAt(at) : 0;
  }

  private @Nullable Value name() {
    if (peek() != '(') {
      return null;
    }
    int close = string.indexOf(')', at);
    if (close < 0) {
      throw TemplateException.value("incomplete format key");
    }
    if (!(operand instanceof DictValue dict)) {
      throw TemplateException.type("format requires a mapping");
    }
    Text key = format.substring(at + 1, close);
    at = close + 1;
    Value value = dict.entries().get(DictKey.of(key));
    if (value == null) {
      throw new TemplateException(ErrorKind.KEY, Repr.quote(key.string()));
    }
    return value;
  }

  private FormatSpec.Flags flags() {
    FormatSpec.Flags flags = new FormatSpec.Flags();
    while (true) {
      switch (peek()) {
        case '-' -> flags.left = true;
        case '+' -> flags.sign = '+';
        case ' ' -> flags.sign = flags.sign == '+' ? '+' : ' ';
        case '0' -> flags.zero = true;
        case '#' -> flags.alternate = true;
        default -> {
          return flags;
        }
      }
      at++;
    }
  }

  private int size(FormatSpec.@Nullable Flags flags) {
    if (peek() == '*') {
      at++;
      int width = Python.index(next());
      if (width < 0 && flags != null) {
        flags.left = true;
      }
      return checked(Math.abs((long) width));
    }
    long size = 0;
    while (peek() >= '0' && peek() <= '9') {
      size = checked(10 * size + peek() - '0');
      at++;
    }
    return (int) size;
  }

  private static int checked(long size) {
    if (size > MAX_WIDTH) {
      throw TemplateException.limit("a format width of more than " + MAX_WIDTH);
    }
    return (int) size;
  }

  private Value next() {
    if (used >= values.size()) {
      throw TemplateException.type("not enough arguments for format string");
    }
    return values.get(used++);
  }

  private Text convert(Value value, char type, int precision, FormatSpec.Flags flags) {
    return switch (type) {
      case 's' -> cut(interpreter.str(value), precision);
      case 'r', 'a' -> cut(Text.data(Repr.repr(value, interpreter.budget())), precision);
      case 'c' -> character(value);
      case 'd', 'i', 'u' -> integer(whole(value, type), 10, type, precision, flags);
      case 'o' -> integer(exact(value, type), 8, type, precision, flags);
      case 'x', 'X' -> integer(exact(value, type), 16, type, precision, flags);
      default ->
          Text.template(
              FormatSpec.signed(
                  real(value),
                  Floats.format(real(value), type, precision, flags.alternate),
                  flags.sign));
    };
  }

  private static Text cut(Text text, int precision) {
    return precision >= 0 && precision < text.codePoints()
        ? text.substring(0, text.offset(precision))
        : text;
  }

  private static Text character(Value value) {
    if (value instanceof Text text && text.codePoints() == 1) {
      return text;
    }
    BigInteger code = Python.integer(value);
    if (code == null) {
      throw TemplateException.type("%c requires int or char");
    }
    if (code.signum() < 0
        || code.bitLength() > 21
        || !Character.isValidCodePoint(code.intValue())) {
      throw new TemplateException(ErrorKind.OVERFLOW, "%c arg not in range(0x110000)");
    }
    return Text.data(Character.toString(code.intValue()));
  }

  private static BigInteger whole(Value value, char type) {
    if (value instanceof FloatValue(double number)
        && !Double.isNaN(number)
        && !Double.isInfinite(number)) {
      return new BigDecimal(number).toBigInteger();
    }
    BigInteger integer = Python.integer(value);
    if (integer == null) {
      refuse(value);
      throw TemplateException.type(
          "%" + type + " format: a real number is required, not " + Python.typeName(value));
    }
    return integer;
  }

  private static BigInteger exact(Value value, char type) {
    BigInteger integer = Python.integer(value);
    if (integer == null) {
      refuse(value);
      throw TemplateException.type(
          "%" + type + " format: an integer is required, not " + Python.typeName(value));
    }
    return integer;
  }

  private static double real(Value value) {
    if (!Python.isNumber(value)) {
      refuse(value);
      throw TemplateException.type("must be real number, not " + Python.typeName(value));
    }
    return Python.asDouble(value);
  }

  private static void refuse(Value value) {
    if (value instanceof Undefined undefined) {
      throw undefined.raise();
    }
  }

  private static Text integer(
      BigInteger value, int radix, char type, int precision, FormatSpec.Flags flags) {
    String digits = radix == 10 ? Repr.integer(value.abs()) : value.abs().toString(radix);
    if (precision > digits.length()) {
      digits = "0".repeat(precision - digits.length()) + digits;
    }
    if (flags.alternate && radix != 10) {
      digits = (radix == 8 ? "0o" : "0x") + digits;
    }
    String shown = type == 'X' ? Casing.upper(digits) : digits;
    return Text.template(FormatSpec.signed(value.signum(), shown, flags.sign));
  }

  /** Zeros go between the sign and the digits. */
  private Text pad(Text text, int width, FormatSpec.Flags flags, boolean isText) {
    int missing = width - text.codePoints();
    if (missing <= 0) {
      return text;
    }
    Budget budget = interpreter.budget();
    TextBuilder padded = new TextBuilder(budget);
    if (flags.left) {
      return padded
          .append(text)
          .append(Operators.repeat(Text.template(" "), missing, budget))
          .build();
    }
    if (flags.zero && !isText) {
      String digits = text.string();
      int sign = !digits.isEmpty() && "+- ".indexOf(digits.charAt(0)) >= 0 ? 1 : 0;
      int prefix =
          sign
              + (digits.startsWith("0x", sign)
                      || digits.startsWith("0X", sign)
                      || digits.startsWith("0o", sign)
                  ? 2
                  : 0);
      return padded
          .append(text, 0, prefix)
          .append(Operators.repeat(Text.template("0"), missing, budget))
          .append(text, prefix, digits.length())
          .build();
    }
    return padded
        .append(Operators.repeat(Text.template(" "), missing, budget))
        .append(text)
        .build();
  }
}
