package io.talchum.text.jinja;

import io.talchum.text.jinja.Value.BoolValue;
import io.talchum.text.jinja.Value.DictValue;
import io.talchum.text.jinja.Value.FloatValue;
import io.talchum.text.jinja.Value.IntValue;
import io.talchum.text.jinja.Value.ListValue;
import io.talchum.text.jinja.Value.NamespaceValue;
import io.talchum.text.jinja.Value.NoneValue;
import io.talchum.text.jinja.Value.ObjectValue;
import io.talchum.text.jinja.Value.RangeValue;
import io.talchum.text.jinja.Value.TupleValue;
import io.talchum.text.jinja.Value.Undefined;
import java.math.BigInteger;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code value.name} and {@code value[index]} by the rules of jinja2's immutable sandbox. */
final class Attributes {
  private static final Set<String> CHANGES_DICT =
      Set.of("clear", "pop", "popitem", "setdefault", "update");
  private static final Set<String> CHANGES_LIST =
      Set.of("append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove");

  private Attributes() {}

  /** The attribute first, then the item. */
  static Value attribute(Value target, String name, Interpreter interpreter) {
    refuseUndefined(target);
    Value found = own(target, name, interpreter);
    if (found == null) {
      found = subscript(target, Text.template(name), interpreter);
    }
    return found == null ? missing(target, Text.template(name)) : found;
  }

  /** The item first, then the attribute. */
  static Value item(Value target, Value index, Interpreter interpreter) {
    refuseUndefined(target);
    Value found = subscript(target, index, interpreter);
    if (found == null && index instanceof Text name) {
      found = own(target, name.string(), interpreter);
    }
    return found == null ? missing(target, index) : found;
  }

  /** The attribute only. */
  static @Nullable Value own(Value target, String name, Interpreter interpreter) {
    if (target instanceof NamespaceValue(var attributes) && attributes.containsKey(name)) {
      return attributes.get(name);
    }
    if (isInternal(name) || changes(target, name)) {
      return new Undefined(
          ErrorKind.SECURITY,
          "access to attribute '%s' of '%s' object is unsafe.".formatted(name, objectType(target)));
    }
    return switch (target) {
      case Text text -> StringMethods.of(text, name);
      case DictValue dict -> CollectionMethods.of(dict, name);
      case ListValue list -> CollectionMethods.of(list, list.items(), name);
      case TupleValue tuple -> CollectionMethods.of(tuple, tuple.items(), name);
      case RangeValue range -> rangeAttribute(range, name);
      case IntValue number -> numberAttribute(number, name);
      case BoolValue number -> numberAttribute(number, name);
      case FloatValue number -> floatAttribute(number, name);
      case ObjectValue object -> object.attribute(name);
      default -> null;
    };
  }

  private static boolean isInternal(String name) {
    return name.length() > 4 && name.startsWith("__") && name.endsWith("__");
  }

  private static boolean changes(Value target, String name) {
    return (target instanceof DictValue && CHANGES_DICT.contains(name))
        || (target instanceof ListValue && CHANGES_LIST.contains(name));
  }

  private static String objectType(Value target) {
    boolean isType =
        target instanceof Value.FunctionValue function && Globals.isType(function.name());
    return isType ? "type" : Python.typeName(target);
  }

  private static @Nullable Value rangeAttribute(RangeValue range, String name) {
    return switch (name) {
      case "start" -> Value.of(range.start());
      case "stop" -> Value.of(range.stop());
      case "step" -> Value.of(range.step());
      default -> null;
    };
  }

  private static @Nullable Value numberAttribute(Value number, String name) {
    return switch (name) {
      case "real", "numerator" -> new IntValue(integerOf(number));
      case "imag" -> Value.of(0);
      case "denominator" -> Value.of(1);
      case "bit_length" ->
          new Value.FunctionValue(
              name, (i, args) -> Value.of((long) integerOf(number).abs().bitLength()));
      default -> null;
    };
  }

  private static @Nullable Value floatAttribute(FloatValue number, String name) {
    return switch (name) {
      case "real" -> number;
      case "imag" -> new FloatValue(0);
      case "is_integer" ->
          new Value.FunctionValue(
              name, (i, args) -> Value.of(Math.rint(number.value()) == number.value()));
      default -> null;
    };
  }

  private static BigInteger integerOf(Value number) {
    BigInteger integer = Python.integer(number);
    return integer == null ? BigInteger.ZERO : integer;
  }

  /** Null where Python raises TypeError or LookupError. */
  private static @Nullable Value subscript(Value target, Value index, Interpreter interpreter) {
    return switch (target) {
      case DictValue dict -> isHashable(index) ? dict.entries().get(DictKey.of(index)) : null;
      case ListValue list -> at(list.items(), index);
      case TupleValue tuple -> at(tuple.items(), index);
      case Text text -> character(text, index);
      case RangeValue range -> {
        long size = range.size();
        Long place = place(index, size);
        yield place == null ? null : Value.of(range.start() + place * range.step());
      }
      default -> null;
    };
  }

  private static boolean isHashable(Value value) {
    return switch (value) {
      case ListValue list -> false;
      case DictValue dict -> false;
      case TupleValue tuple -> tuple.items().stream().allMatch(Attributes::isHashable);
      default -> true;
    };
  }

  private static @Nullable Value at(List<Value> items, Value index) {
    Long place = place(index, items.size());
    return place == null ? null : items.get(place.intValue());
  }

  private static @Nullable Value character(Text text, Value index) {
    if (Python.integer(index) == null) {
      return null;
    }
    Long place = place(index, text.codePoints());
    if (place == null) {
      return null;
    }
    int from = text.offset(place.intValue());
    return text.substring(from, text.string().offsetByCodePoints(from, 1));
  }

  private static @Nullable Long place(Value index, long size) {
    if (Python.integer(index) == null) {
      return null;
    }
    long place = Python.index(index);
    long fromStart = place < 0 ? place + size : place;
    return fromStart < 0 || fromStart >= size ? null : fromStart;
  }

  static Value slice(
      Value target,
      @Nullable Value start,
      @Nullable Value stop,
      @Nullable Value step,
      Interpreter interpreter) {
    refuseUndefined(target);
    return Operators.slice(target, start, stop, step, interpreter.budget());
  }

  static Undefined missing(Value target, Value name) {
    String object = objectRepr(target);
    String message =
        name instanceof Text text
            ? "'" + object + "' has no attribute " + Repr.quote(text.string())
            : object + " has no element " + Repr.repr(name, new Budget());
    return new Undefined(ErrorKind.UNDEFINED, message);
  }

  private static String objectRepr(Value target) {
    return target instanceof NoneValue ? "None" : Python.typeName(target) + " object";
  }

  private static void refuseUndefined(Value target) {
    if (target instanceof Undefined undefined) {
      throw undefined.raise();
    }
  }
}
