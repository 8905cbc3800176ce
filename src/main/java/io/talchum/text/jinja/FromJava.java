package io.talchum.text.jinja;

import io.talchum.text.jinja.Value.BoolValue;
import io.talchum.text.jinja.Value.DictValue;
import io.talchum.text.jinja.Value.FloatValue;
import io.talchum.text.jinja.Value.IntValue;
import io.talchum.text.jinja.Value.ListValue;
import io.talchum.text.jinja.Value.NoneValue;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Plain Java data as a template's values. */
final class FromJava {
  private static final int MAX_DEPTH = 200;

  private FromJava() {}

  static Value value(@Nullable Object object, boolean trusted) {
    return value(object, trusted, 0);
  }

  private static Value value(@Nullable Object object, boolean trusted, int depth) {
    if (depth > MAX_DEPTH) {
      throw TemplateException.limit("values are nested deeper than " + MAX_DEPTH + " levels");
    }
    return switch (object) {
      case null -> NoneValue.NONE;
      case String string -> Text.of(string, trusted);
      case Boolean truth -> BoolValue.of(truth);
      case BigInteger number -> new IntValue(number);
      case BigDecimal number -> new FloatValue(number.doubleValue());
      case Double number -> new FloatValue(number);
      case Float number -> new FloatValue(number.doubleValue());
      case Number number -> IntValue.of(number.longValue());
      case List<?> list -> {
        List<Value> items = new ArrayList<>(list.size());
        for (Object item : list) {
          items.add(value(item, trusted, depth + 1));
        }
        yield new ListValue(items);
      }
      case Map<?, ?> map -> {
        DictValue dict = new DictValue();
        map.forEach(
            (key, item) ->
                dict.entries()
                    .put(
                        DictKey.of(value(key, trusted, depth + 1)),
                        value(item, trusted, depth + 1)));
        yield dict;
      }
      default ->
          throw TemplateException.type(
              "a template cannot use a value of type " + object.getClass().getSimpleName());
    };
  }
}
