package io.talchum.text.jinja;

import io.talchum.text.jinja.Value.BoolValue;
import io.talchum.text.jinja.Value.DictValue;
import io.talchum.text.jinja.Value.DictView;
import io.talchum.text.jinja.Value.FloatValue;
import io.talchum.text.jinja.Value.FunctionValue;
import io.talchum.text.jinja.Value.IntValue;
import io.talchum.text.jinja.Value.IteratorValue;
import io.talchum.text.jinja.Value.ListValue;
import io.talchum.text.jinja.Value.NamespaceValue;
import io.talchum.text.jinja.Value.NoneValue;
import io.talchum.text.jinja.Value.ObjectValue;
import io.talchum.text.jinja.Value.RangeValue;
import io.talchum.text.jinja.Value.TupleValue;
import io.talchum.text.jinja.Value.Undefined;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.List;
import java.util.Map;

/** Python's str() and repr(). */
final class Repr {
  private static final int MAX_INTEGER_DIGITS = 4300;

  private final StringBuilder out = new StringBuilder();
  private final Budget budget;

  private Repr(Budget budget) {
    this.budget = budget;
  }

  /** What {@code {{ value }}} prints. */
  static Text str(Value value, Budget budget) {
    return switch (value) {
      case Text text -> text;
      case Undefined undefined -> Text.EMPTY;
      case NoneValue none -> Text.template("None");
      case BoolValue truth -> Text.template(truth == BoolValue.TRUE ? "True" : "False");
      case IntValue number -> Text.template(integer(number.value()));
      case FloatValue number -> Text.template(number(number.value()));
      default -> Text.data(repr(value, budget));
    };
  }

  static String repr(Value value, Budget budget) {
    Repr repr = new Repr(budget);
    repr.write(value);
    budget.text(repr.out.length());
    return repr.out.toString();
  }

  private void write(Value value) {
    budget.step();
    budget.enter();
    switch (value) {
      case Text text -> {
        budget.text(text.string().length());
        out.append(text.isMarkup() ? "Markup(" + quote(text.string()) + ")" : quote(text.string()));
      }
      case NoneValue none -> out.append("None");
      case BoolValue truth -> out.append(truth == BoolValue.TRUE ? "True" : "False");
      case IntValue number -> out.append(integer(number.value()));
      case FloatValue number -> out.append(number(number.value()));
      case Undefined undefined -> out.append("Undefined");
      case ListValue list -> sequence("[", list.items(), "]");
      case TupleValue tuple -> sequence("(", tuple.items(), tuple.items().size() == 1 ? ",)" : ")");
      case DictValue dict -> dict(dict);
      case DictView view -> {
        out.append(Python.typeName(view)).append('(');
        sequence("[", Python.items(view), "])");
      }
      case RangeValue range -> range(range);
      case NamespaceValue namespace -> namespace(namespace);
      case IteratorValue iterator -> out.append("<").append(iterator.typeName()).append(" object>");
      case FunctionValue function -> out.append("<function ").append(function.name()).append(">");
      case ObjectValue object -> out.append(object.repr());
    }
    budget.leave();
  }

  private void sequence(String open, List<Value> items, String close) {
    out.append(open);
    String separator = "";
    for (Value item : items) {
      out.append(separator);
      write(item);
      separator = ", ";
    }
    out.append(close);
  }

  private void dict(DictValue dict) {
    out.append('{');
    String separator = "";
    for (Map.Entry<DictKey, Value> entry : dict.entries().entrySet()) {
      out.append(separator);
      write(entry.getKey().value());
      out.append(": ");
      write(entry.getValue());
      separator = ", ";
    }
    out.append('}');
  }

  private void range(RangeValue range) {
    out.append("range(").append(range.start()).append(", ").append(range.stop());
    if (range.step() != 1) {
      out.append(", ").append(range.step());
    }
    out.append(')');
  }

  private void namespace(NamespaceValue namespace) {
    out.append("<Namespace {");
    String separator = "";
    for (Map.Entry<String, Value> entry : namespace.attributes().entrySet()) {
      out.append(separator).append(quote(entry.getKey())).append(": ");
      write(entry.getValue());
      separator = ", ";
    }
    out.append("}>");
  }

  static String integer(BigInteger value) {
    if (value.bitLength() > 4 * MAX_INTEGER_DIGITS) {
      throw tooManyDigits();
    }
    String digits = value.toString();
    if (digits.length() - (value.signum() < 0 ? 1 : 0) > MAX_INTEGER_DIGITS) {
      throw tooManyDigits();
    }
    return digits;
  }

  private static TemplateException tooManyDigits() {
    return TemplateException.value(
        "Exceeds the limit ("
            + MAX_INTEGER_DIGITS
            + " digits) for integer string conversion; use sys.set_int_max_str_digits() to"
            + " increase the limit");
  }

  /** Shortest digits that read back the same; an exponent below 1e-4 and from 1e16 on. */
  static String number(double value) {
    if (Double.isNaN(value)) {
      return "nan";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "inf" : "-inf";
    }
    if (value == 0) {
      return 1 / value < 0 ? "-0.0" : "0.0";
    }
    BigDecimal shortest = shortest(Math.abs(value));
    String digits = shortest.unscaledValue().toString();
    int exponent = digits.length() - shortest.scale() - 1;
    String sign = value < 0 ? "-" : "";
    if (exponent < -4 || exponent >= 16) {
      String fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
      return sign + digits.charAt(0) + fraction + exponent(exponent);
    }
    String plain = shortest.toPlainString();
    return sign + (plain.indexOf('.') < 0 ? plain + ".0" : plain);
  }

  /** Double.toString writes two digits where one would do. */
  private static BigDecimal shortest(double value) {
    BigDecimal digits = new BigDecimal(Double.toString(value)).stripTrailingZeros();
    if (digits.precision() == 2) {
      BigDecimal one = digits.round(new MathContext(1));
      return one.doubleValue() == value ? one : digits;
    }
    return digits;
  }

  /** At least two digits, with sign. */
  static String exponent(int exponent) {
    int size = Math.abs(exponent);
    return "e" + (exponent < 0 ? "-" : "+") + (size < 10 ? "0" : "") + size;
  }

  /** A string literal as repr writes it. */
  static String quote(String string) {
    char quote = string.indexOf('\'') >= 0 && string.indexOf('"') < 0 ? '"' : '\'';
    StringBuilder out = new StringBuilder(string.length() + 2).append(quote);
    string
        .codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                  if (c == quote) {
                    out.append('\\').append(quote);
                  } else if (isPrintable(c)) {
                    out.appendCodePoint(c);
                  } else if (c < 0x100) {
                    out.append("\\x%02x".formatted(c));
                  } else {
                    out.append((c < 0x10000 ? "\\u%04x" : "\\U%08x").formatted(c));
                  }
                }
              }
            });
    return out.append(quote).toString();
  }

  /** str.isprintable: no control, format, surrogate, private, unassigned or separator but space. */
  static boolean isPrintable(int c) {
    if (c == ' ') {
      return true;
    }
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SPACE_SEPARATOR ->
          false;
      default -> true;
    };
  }
}
