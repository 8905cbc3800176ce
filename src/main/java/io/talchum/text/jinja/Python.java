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
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** Python's protocols: truth, length, iteration, numbers. */
final class Python {
  private Python() {}

  static boolean truth(Value value) {
    return switch (value) {
      case BoolValue truth -> truth == BoolValue.TRUE;
      case NoneValue none -> false;
      case Undefined undefined -> false;
      case Text text -> !text.isEmpty();
      case IntValue number -> number.value().signum() != 0;
      case FloatValue number -> number.value() != 0;
      case ListValue list -> !list.items().isEmpty();
      case TupleValue tuple -> !tuple.items().isEmpty();
      case DictValue dict -> !dict.entries().isEmpty();
      case DictView view -> !view.dict().entries().isEmpty();
      case RangeValue range -> range.size() > 0;
      case IteratorValue iterator -> true;
      case NamespaceValue namespace -> true;
      case FunctionValue function -> true;
      case ObjectValue object -> true;
    };
  }

  static String typeName(Value value) {
    return switch (value) {
      case BoolValue truth -> "bool";
      case NoneValue none -> "NoneType";
      case Undefined undefined -> "Undefined";
      case Text text -> text.isMarkup() ? "Markup" : "str";
      case IntValue number -> "int";
      case FloatValue number -> "float";
      case ListValue list -> "list";
      case TupleValue tuple -> "tuple";
      case DictValue dict -> "dict";
      case DictView view -> "dict_" + view.kind().name().toLowerCase(java.util.Locale.ROOT);
      case RangeValue range -> "range";
      case IteratorValue iterator -> iterator.typeName();
      case NamespaceValue namespace -> "Namespace";
      case FunctionValue function -> "function";
      case ObjectValue object -> object.typeName();
    };
  }

  /** Null where the value has no length. */
  static @Nullable Long length(Value value) {
    return switch (value) {
      case Text text -> (long) text.codePoints();
      case ListValue list -> (long) list.items().size();
      case TupleValue tuple -> (long) tuple.items().size();
      case DictValue dict -> (long) dict.entries().size();
      case DictView view -> (long) view.dict().entries().size();
      case RangeValue range -> range.size();
      case Undefined undefined -> 0L;
      case LoopValue loop -> (long) loop.size();
      default -> null;
    };
  }

  static boolean isIterable(Value value) {
    return switch (value) {
      case Text text -> true;
      case ListValue list -> true;
      case TupleValue tuple -> true;
      case DictValue dict -> true;
      case DictView view -> true;
      case RangeValue range -> true;
      case IteratorValue iterator -> true;
      case Undefined undefined -> true;
      case LoopValue loop -> true;
      default -> false;
    };
  }

  static Iterator<Value> iterate(Value value) {
    return switch (value) {
      case ListValue list -> list.items().iterator();
      case TupleValue tuple -> tuple.items().iterator();
      case DictValue dict -> DictKey.values(dict.entries().keySet()).iterator();
      case DictView view -> items(view).iterator();
      case RangeValue range ->
          LongStream.range(0, range.size())
              .mapToObj(i -> (Value) IntValue.of(range.start() + i * range.step()))
              .iterator();
      case IteratorValue iterator -> iterator.rest();
      case Undefined undefined -> Collections.emptyIterator();
      case Text text -> characters(text);
      default -> throw TemplateException.type("'" + typeName(value) + "' object is not iterable");
    };
  }

  private static Iterator<Value> characters(Text text) {
    String string = text.string();
    return IntStream.iterate(
            0, i -> i < string.length(), i -> i + Character.charCount(string.codePointAt(i)))
        .mapToObj(i -> (Value) text.substring(i, i + Character.charCount(string.codePointAt(i))))
        .iterator();
  }

  static List<Value> items(DictView view) {
    Map<DictKey, Value> entries = view.dict().entries();
    return switch (view.kind()) {
      case KEYS -> DictKey.values(entries.keySet());
      case VALUES -> List.copyOf(entries.values());
      case ITEMS ->
          entries.entrySet().stream()
              .map(e -> (Value) TupleValue.of(e.getKey().value(), e.getValue()))
              .toList();
    };
  }

  /** All that is left to iterate, in a list of its own. */
  static List<Value> list(Value value, Budget budget) {
    Long length = length(value);
    if (length != null) {
      budget.items(length);
    }
    List<Value> items = new ArrayList<>();
    Iterator<Value> iterator = iterate(value);
    while (iterator.hasNext()) {
      if (length == null) {
        budget.items(1);
      }
      items.add(iterator.next());
    }
    return items;
  }

  /** An int or bool as integer; null otherwise. */
  static @Nullable BigInteger integer(Value value) {
    return switch (value) {
      case IntValue number -> number.value();
      case BoolValue truth -> truth == BoolValue.TRUE ? BigInteger.ONE : BigInteger.ZERO;
      default -> null;
    };
  }

  static boolean isNumber(Value value) {
    return value instanceof IntValue || value instanceof BoolValue || value instanceof FloatValue;
  }

  /** A number as float; callers have checked {@link #isNumber}. */
  static double asDouble(Value value) {
    if (value instanceof FloatValue number) {
      return number.value();
    }
    BigInteger integer = integer(value);
    if (integer == null) {
      throw TemplateException.type("must be real number, not " + typeName(value));
    }
    double number = integer.doubleValue();
    if (Double.isInfinite(number)) {
      throw new TemplateException(ErrorKind.OVERFLOW, "int too large to convert to float");
    }
    return number;
  }

  /** An index or count: an int that fits; huge ones are cut to the range of int. */
  static int index(Value value) {
    BigInteger integer = integer(value);
    if (integer == null) {
      if (value instanceof Undefined undefined) {
        throw undefined.raise();
      }
      throw TemplateException.type(
          "'" + typeName(value) + "' object cannot be interpreted as an integer");
    }
    if (integer.bitLength() < 32) {
      return integer.intValue();
    }
    return integer.signum() < 0 ? Integer.MIN_VALUE : Integer.MAX_VALUE;
  }
}
