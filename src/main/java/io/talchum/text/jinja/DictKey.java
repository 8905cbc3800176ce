package io.talchum.text.jinja;

import io.talchum.text.jinja.Value.BoolValue;
import io.talchum.text.jinja.Value.FloatValue;
import io.talchum.text.jinja.Value.IntValue;
import io.talchum.text.jinja.Value.NoneValue;
import io.talchum.text.jinja.Value.TupleValue;
import io.talchum.text.jinja.Value.Undefined;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A value as key of a dict: equal as in Python, where {@code 1}, {@code 1.0} and {@code True} are
 * one key.
 */
final class DictKey {
  private final Value value;
  private final Object identity;

  private DictKey(Value value, Object identity) {
    this.value = value;
    this.identity = identity;
  }

  static DictKey of(Value value) {
    return new DictKey(value, identity(value));
  }

  static DictKey of(String name) {
    return new DictKey(Text.data(name), name);
  }

  Value value() {
    return value;
  }

  private static Object identity(Value value) {
    return switch (value) {
      case Text text -> text.string();
      case IntValue number -> number.value();
      case BoolValue truth -> truth == BoolValue.TRUE ? BigInteger.ONE : BigInteger.ZERO;
      case FloatValue number -> identity(number.value());
      case NoneValue none -> none;
      case Undefined undefined -> Undefined.class;
      case TupleValue tuple -> tuple.items().stream().map(DictKey::identity).toList();
      case Value.ListValue list -> throw unhashable("list");
      case Value.DictValue dict -> throw unhashable("dict");
      default -> new Identity(value);
    };
  }

  private static Object identity(double number) {
    boolean whole = !Double.isInfinite(number) && Math.rint(number) == number;
    return whole ? new BigDecimal(number).toBigInteger() : (Object) number;
  }

  private static TemplateException unhashable(String type) {
    return TemplateException.type("unhashable type: '" + type + "'");
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof DictKey that && identity.equals(that.identity);
  }

  @Override
  public int hashCode() {
    return identity.hashCode();
  }

  /** Functions and the like are equal to themselves only. */
  private record Identity(Value value) {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Identity(Value that) && that == value;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(value);
    }
  }

  static List<Value> values(java.util.Collection<DictKey> keys) {
    return keys.stream().map(DictKey::value).toList();
  }
}
