package io.talchum.text.jinja;

import io.talchum.text.jinja.Value.NoneValue;
import io.talchum.text.jinja.Value.Undefined;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The attribute argument of filters: {@code "a.b.0"}. */
record AttributePath(List<Value> parts) {

  static AttributePath of(@Nullable Value attribute) {
    if (attribute == null || attribute instanceof NoneValue) {
      return new AttributePath(List.of());
    }
    if (!(attribute instanceof Text text)) {
      return new AttributePath(List.of(attribute));
    }
    List<Value> parts = new ArrayList<>();
    for (String part : text.string().split("\\.", -1)) {
      boolean digits = !part.isEmpty() && part.chars().allMatch(Character::isDigit);
      parts.add(digits ? new Value.IntValue(new BigInteger(part)) : Text.template(part));
    }
    return new AttributePath(parts);
  }

  /** Several paths with commas between. */
  static List<AttributePath> several(@Nullable Value attribute) {
    if (!(attribute instanceof Text text)) {
      return List.of(of(attribute));
    }
    List<AttributePath> paths = new ArrayList<>();
    for (String path : text.string().split(",", -1)) {
      paths.add(of(Text.template(path)));
    }
    return paths;
  }

  Value get(Value item, @Nullable Value otherwise, Interpreter interpreter) {
    Value found = item;
    for (Value part : parts) {
      found = Attributes.item(found, part, interpreter);
      if (found instanceof Undefined && otherwise != null) {
        found = otherwise;
      }
    }
    return found;
  }
}
