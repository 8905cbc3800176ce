package io.talchum.text.jinja;

import io.talchum.text.jinja.Value.BoolValue;
import io.talchum.text.jinja.Value.FloatValue;
import io.talchum.text.jinja.Value.IntValue;
import java.math.BigInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Python's format specification: {@code [[fill]align][sign][z][#][0][width][,][.precision][type]}.
 */
final class FormatSpec {
  private static final Pattern SPEC =
      Pattern.compile(
          "(?:(.)?([<>=^]))?([-+ ])?(#)?(0)?(\\d+)?([,_])?(?:\\.(\\d+))?([bcdeEfFgGnosxX%])?",
          Pattern.DOTALL);
  private static final int MAX_WIDTH = 1 << 20;

  private final String fill;
  private final char align;
  private final char sign;
  private final boolean alternate;
  private final int width;
  private final @Nullable String grouping;
  private final int precision;
  private final char type;

  private FormatSpec(Matcher m) {
    boolean zero = m.group(5) != null;
    this.align = m.group(2) != null ? m.group(2).charAt(0) : zero ? '=' : 0;
    this.fill =
        m.group(1) != null ? m.group(1) : zero && m.group(2) == null ? "0" : zero ? "0" : " ";
    this.sign = m.group(3) == null ? '-' : m.group(3).charAt(0);
    this.alternate = m.group(4) != null;
    this.width = number(m.group(6), 0);
    this.grouping = m.group(7);
    this.precision = number(m.group(8), -1);
    this.type = m.group(9) == null ? 0 : m.group(9).charAt(0);
  }

  /** Flags of a printf directive. */
  static final class Flags {
    boolean left;
    boolean zero;
    boolean alternate;
    char sign = '-';
  }

  private static int number(@Nullable String digits, int absent) {
    if (digits == null) {
      return absent;
    }
    if (digits.length() > 9 || Integer.parseInt(digits) > MAX_WIDTH) {
      throw TemplateException.limit("a format width of more than " + MAX_WIDTH);
    }
    return Integer.parseInt(digits);
  }

  static Text format(Value value, String spec, Interpreter interpreter) {
    if (spec.isEmpty()) {
      return interpreter.str(value);
    }
    Matcher matcher = SPEC.matcher(spec);
    if (!matcher.matches()) {
      throw TemplateException.value("Invalid format specifier");
    }
    return new FormatSpec(matcher).apply(value, interpreter);
  }

  private Text apply(Value value, Interpreter interpreter) {
    return switch (value) {
      case Text text -> text(text, interpreter);
      case IntValue number -> number(number, interpreter);
      case FloatValue number -> number(number, interpreter);
      case BoolValue truth -> number(truth, interpreter);
      default ->
          throw TemplateException.type(
              "unsupported format string passed to " + Python.typeName(value) + ".__format__");
    };
  }

  private Text text(Text text, Interpreter interpreter) {
    if (type != 0 && type != 's') {
      throw unknownCode("str");
    }
    if (align == '=') {
      throw TemplateException.value("'=' alignment not allowed in string format specifier");
    }
    Text cut =
        precision >= 0 && precision < text.codePoints()
            ? text.substring(0, text.offset(precision))
            : text;
    return aligned(cut, align == 0 ? '<' : align, interpreter);
  }

  private TemplateException unknownCode(String typeName) {
    return TemplateException.value(
        "Unknown format code '" + type + "' for object of type '" + typeName + "'");
  }

  private Text number(Value value, Interpreter interpreter) {
    BigInteger integer = Python.integer(value);
    boolean asFloat = integer == null || "eEfFgG%".indexOf(type) >= 0 && type != 0;
    if (type == 's' || (integer == null && "bcdoxX".indexOf(type) >= 0 && type != 0)) {
      throw unknownCode(Python.typeName(value));
    }
    String digits;
    double signOf;
    if (asFloat || integer == null) {
      double number = Python.asDouble(value);
      signOf = number;
      digits = floatDigits(number);
    } else {
      signOf = integer.signum();
      digits = integerDigits(integer);
    }
    if (grouping != null) {
      digits = grouped(digits, grouping);
    }
    String signed = signed(signOf, digits, sign);
    if (align == '=' || (align == 0 && fill.equals("0"))) {
      int prefix = signed.length() - digits.length();
      if (alternate
          && digits.length() > 1
          && "box".indexOf(Character.toLowerCase(digits.charAt(1))) >= 0) {
        prefix += 2;
      }
      int missing = Math.max(0, width - signed.length());
      Text zeros = Operators.repeat(Text.template(fill), missing, interpreter.budget());
      return Text.template(signed.substring(0, prefix) + zeros.string() + signed.substring(prefix));
    }
    return aligned(Text.template(signed), align == 0 ? '>' : align, interpreter);
  }

  private String integerDigits(BigInteger value) {
    BigInteger size = value.abs();
    return switch (type) {
      case 'b' -> (alternate ? "0b" : "") + size.toString(2);
      case 'o' -> (alternate ? "0o" : "") + size.toString(8);
      case 'x' -> (alternate ? "0x" : "") + size.toString(16);
      case 'X' -> (alternate ? "0X" : "") + Casing.upper(size.toString(16));
      case 'c' -> Character.toString(value.intValue() & 0x1FFFFF);
      default -> Repr.integer(size);
    };
  }

  private String floatDigits(double value) {
    if (type == '%') {
      return Floats.format(value * 100, 'f', precision, alternate) + "%";
    }
    if (type == 0 && precision < 0) {
      String shown = Repr.number(Math.abs(value));
      return shown;
    }
    if (type == 0) {
      String general = Floats.format(value, 'g', precision, alternate);
      return general.chars().allMatch(Character::isDigit) ? general + ".0" : general;
    }
    return Floats.format(value, type == 'n' ? 'g' : type, precision, alternate);
  }

  private static String grouped(String digits, String separator) {
    int end = 0;
    while (end < digits.length() && Character.isDigit(digits.charAt(end))) {
      end++;
    }
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < end; i++) {
      if (i > 0 && (end - i) % 3 == 0) {
        out.append(separator);
      }
      out.append(digits.charAt(i));
    }
    return out.append(digits, end, digits.length()).toString();
  }

  /** A number's sign and its magnitude. */
  static String signed(double signOf, String magnitude, char plus) {
    boolean negative = signOf < 0 || (signOf == 0 && 1 / signOf < 0);
    if (negative) {
      return "-" + magnitude;
    }
    return plus == '-' || plus == 0 ? magnitude : plus + magnitude;
  }

  private Text aligned(Text text, char how, Interpreter interpreter) {
    int missing = width - text.codePoints();
    if (missing <= 0) {
      return text;
    }
    int left =
        switch (how) {
          case '<' -> 0;
          case '^' -> missing / 2;
          default -> missing;
        };
    Budget budget = interpreter.budget();
    return new TextBuilder(budget)
        .append(Operators.repeat(Text.template(fill), left, budget))
        .append(text)
        .append(Operators.repeat(Text.template(fill), missing - left, budget))
        .build();
  }
}
