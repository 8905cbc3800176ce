package io.talchum.text.jinja;

import java.math.BigInteger;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a template computes with: Python's types. Nothing else of the JVM can be reached. */
sealed interface Value {

  enum NoneValue implements Value {
    NONE
  }

  enum BoolValue implements Value {
    TRUE,
    FALSE;

    static BoolValue of(boolean value) {
      return value ? TRUE : FALSE;
    }
  }

  record IntValue(BigInteger value) implements Value {
    static IntValue of(long value) {
      return new IntValue(BigInteger.valueOf(value));
    }
  }

  record FloatValue(double value) implements Value {}

  /**
   * Prints as nothing; most other uses raise.
   *
   * @param error what a use raises
   */
  record Undefined(ErrorKind kind, String error) implements Value {
    static Undefined name(String name) {
      return new Undefined(ErrorKind.UNDEFINED, "'" + name + "' is undefined");
    }

    TemplateException raise() {
      return new TemplateException(kind, error);
    }
  }

  record ListValue(List<Value> items) implements Value {}

  /**
   * A tuple.
   *
   * @param names attribute names of a named tuple, else empty
   */
  record TupleValue(List<Value> items) implements Value {
    static TupleValue of(Value... items) {
      return new TupleValue(List.of(items));
    }
  }

  record DictValue(Map<DictKey, Value> entries) implements Value {
    DictValue() {
      this(new LinkedHashMap<>());
    }
  }

  /** A live view: keys, values or items. */
  record DictView(DictValue dict, Kind kind) implements Value {
    enum Kind {
      KEYS,
      VALUES,
      ITEMS
    }
  }

  record RangeValue(long start, long stop, long step) implements Value {
    long size() {
      long span = step > 0 ? stop - start : start - stop;
      long stride = Math.abs(step);
      return span <= 0 ? 0 : (span - 1) / stride + 1;
    }
  }

  /** A generator: can be iterated once. */
  record IteratorValue(Iterator<Value> rest, String typeName) implements Value {}

  /** The only thing a template can change. */
  record NamespaceValue(Map<String, Value> attributes) implements Value {}

  /** A function or bound method. */
  record FunctionValue(String name, Callable body) implements Value {}

  /** Code that a template may call. */
  @FunctionalInterface
  interface Callable {
    Value call(Interpreter interpreter, Args args);
  }

  /** A type with attributes of its own. */
  non-sealed interface ObjectValue extends Value {
    String typeName();

    /** Null where there is no such attribute. */
    @Nullable Value attribute(String name);

    /** Raises TypeError where the object is no function. */
    default Value call(Interpreter interpreter, Args args) {
      throw TemplateException.type("'" + typeName() + "' object is not callable");
    }

    default String repr() {
      return "<" + typeName() + ">";
    }
  }

  /** A string; see {@link Text}. */
  sealed interface StringValue extends Value permits Text {}

  static Value of(boolean value) {
    return BoolValue.of(value);
  }

  static Value of(long value) {
    return IntValue.of(value);
  }
}
