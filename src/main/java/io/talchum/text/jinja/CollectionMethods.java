package io.talchum.text.jinja;

import io.talchum.text.jinja.Value.DictValue;
import io.talchum.text.jinja.Value.DictView;
import io.talchum.text.jinja.Value.FunctionValue;
import io.talchum.text.jinja.Value.ListValue;
import io.talchum.text.jinja.Value.NoneValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Methods of dict, list and tuple that change nothing. */
final class CollectionMethods {
  private CollectionMethods() {}

  static @Nullable Value of(DictValue dict, String name) {
    return switch (name) {
      case "get" -> new FunctionValue(name, (interpreter, args) -> get(dict, args));
      case "items" -> view(dict, name, DictView.Kind.ITEMS);
      case "keys" -> view(dict, name, DictView.Kind.KEYS);
      case "values" -> view(dict, name, DictView.Kind.VALUES);
      case "copy" ->
          new FunctionValue(
              name, (interpreter, args) -> new DictValue(new LinkedHashMap<>(dict.entries())));
      case "fromkeys" -> new FunctionValue(name, CollectionMethods::fromKeys);
      default -> null;
    };
  }

  private static Value view(DictValue dict, String name, DictView.Kind kind) {
    return new FunctionValue(
        name,
        (interpreter, args) -> {
          if (args.count() > 0) {
            throw TemplateException.type(
                "dict.%s() takes no arguments (%d given)".formatted(name, args.count()));
          }
          return new DictView(dict, kind);
        });
  }

  private static Value get(DictValue dict, Args args) {
    args.refuseKeywords("dict.get");
    if (args.positional().isEmpty() || args.positional().size() > 2) {
      throw TemplateException.type(
          "get expected 1 or 2 arguments, got " + args.positional().size());
    }
    Value found = dict.entries().get(DictKey.of(args.positional().get(0)));
    if (found != null) {
      return found;
    }
    return args.positional().size() > 1 ? args.positional().get(1) : NoneValue.NONE;
  }

  private static Value fromKeys(Interpreter interpreter, Args args) {
    Value value = args.positional().size() > 1 ? args.positional().get(1) : NoneValue.NONE;
    DictValue dict = new DictValue();
    for (Value key : interpreter.list(args.required("fromkeys", 0))) {
      dict.entries().put(DictKey.of(key), value);
    }
    return dict;
  }

  static @Nullable Value of(Value sequence, List<Value> items, String name) {
    return switch (name) {
      case "count" ->
          new FunctionValue(
              name,
              (interpreter, args) -> {
                Value wanted = args.required("count", 0);
                return Value.of(
                    items.stream()
                        .filter(i -> Comparing.equal(i, wanted, interpreter.budget()))
                        .count());
              });
      case "index" ->
          new FunctionValue(name, (interpreter, args) -> index(sequence, items, interpreter, args));
      case "copy" ->
          sequence instanceof ListValue
              ? new FunctionValue(
                  name, (interpreter, args) -> new ListValue(new ArrayList<>(items)))
              : null;
      default -> null;
    };
  }

  private static Value index(
      Value sequence, List<Value> items, Interpreter interpreter, Args args) {
    Value wanted = args.required("index", 0);
    for (int i = 0; i < items.size(); i++) {
      if (Comparing.equal(items.get(i), wanted, interpreter.budget())) {
        return Value.of((long) i);
      }
    }
    throw TemplateException.value(
        sequence instanceof ListValue
            ? Repr.repr(wanted, interpreter.budget()) + " is not in list"
            : "tuple.index(x): x not in tuple");
  }
}
