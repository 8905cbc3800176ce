package io.talchum.text.jinja;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Arguments of a call. */
record Args(List<Value> positional, Map<String, Value> keywords) {
  static final Args NONE = new Args(List.of(), Map.of());

  static Args of(Value... values) {
    return new Args(List.of(values), Map.of());
  }

  int count() {
    return positional.size() + keywords.size();
  }

  /** Puts the arguments in the order of the parameters; null where one is not given. */
  @Nullable Value[] bind(String function, String... parameters) {
    if (positional.size() > parameters.length) {
      throw TemplateException.type(
          "%s() takes at most %d arguments (%d given)"
              .formatted(function, parameters.length, positional.size()));
    }
    @Nullable Value[] bound = new Value[parameters.length];
    for (int i = 0; i < positional.size(); i++) {
      bound[i] = positional.get(i);
    }
    keywords.forEach(
        (name, value) -> {
          int place = List.of(parameters).indexOf(name);
          if (place < 0) {
            throw TemplateException.type(
                function + "() got an unexpected keyword argument '" + name + "'");
          }
          if (bound[place] != null) {
            throw TemplateException.type(
                function + "() got multiple values for argument '" + name + "'");
          }
          bound[place] = value;
        });
    return bound;
  }

  /** The first argument, which must be given. */
  Value required(String function, int index) {
    if (index >= positional.size()) {
      throw TemplateException.type(
          "%s() missing a required argument (%d given)".formatted(function, positional.size()));
    }
    return positional.get(index);
  }

  Args from(int index) {
    return new Args(
        positional.subList(Math.min(index, positional.size()), positional.size()), keywords);
  }

  void refuseKeywords(String function) {
    if (!keywords.isEmpty()) {
      throw TemplateException.type(function + "() takes no keyword arguments");
    }
  }
}
