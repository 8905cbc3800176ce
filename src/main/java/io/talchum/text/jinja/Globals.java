package io.talchum.text.jinja;

import io.talchum.text.jinja.Value.DictValue;
import io.talchum.text.jinja.Value.FunctionValue;
import io.talchum.text.jinja.Value.NamespaceValue;
import io.talchum.text.jinja.Value.RangeValue;
import io.talchum.text.jinja.Value.TupleValue;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Functions that every template sees. */
final class Globals {
  private static final int MAX_RANGE = 100_000;
  private static final Set<String> TYPES = Set.of("range", "dict", "cycler", "joiner", "namespace");
  private static final Map<String, Value> FUNCTIONS =
      Map.of(
          "range", new FunctionValue("range", (interpreter, args) -> range(args)),
          "dict", new FunctionValue("dict", Globals::dict),
          "namespace", new FunctionValue("namespace", Globals::namespace),
          "cycler", new FunctionValue("cycler", (interpreter, args) -> new Cycler(args)),
          "joiner", new FunctionValue("joiner", (interpreter, args) -> new Joiner(args)),
          "lipsum",
              new FunctionValue(
                  "lipsum",
                  (interpreter, args) -> {
                    throw TemplateException.notServed("lipsum()");
                  }),
          "raise_exception", new FunctionValue("raise_exception", Globals::raise),
          "strftime_now",
              new FunctionValue(
                  "strftime_now",
                  (interpreter, args) ->
                      Text.template(
                          Strftime.format(
                              interpreter.now(),
                              StringMethods.string(
                                      Bound.required(args, "strftime_now", 1, "format")[0],
                                      "strftime")
                                  .string()))));

  private Globals() {}

  static @Nullable Value named(String name) {
    return FUNCTIONS.get(name);
  }

  static boolean isType(String name) {
    return TYPES.contains(name);
  }

  private static Value raise(Interpreter interpreter, Args args) {
    Value message = Bound.required(args, "raise_exception", 1, "message")[0];
    throw new TemplateException(ErrorKind.TEMPLATE_ERROR, interpreter.str(message).string());
  }

  private static Value range(Args args) {
    args.refuseKeywords("range");
    List<Value> given = args.positional();
    if (given.isEmpty() || given.size() > 3) {
      throw TemplateException.type("range expected 1 to 3 arguments, got " + given.size());
    }
    long start = given.size() > 1 ? Python.index(given.get(0)) : 0;
    long stop = Python.index(given.get(given.size() > 1 ? 1 : 0));
    long step = given.size() > 2 ? Python.index(given.get(2)) : 1;
    if (step == 0) {
      throw TemplateException.value("range() arg 3 must not be zero");
    }
    RangeValue range = new RangeValue(start, stop, step);
    if (range.size() > MAX_RANGE) {
      throw new TemplateException(
          ErrorKind.OVERFLOW,
          "Range too big. The sandbox blocks ranges larger than MAX_RANGE (" + MAX_RANGE + ").");
    }
    return range;
  }

  private static Value dict(Interpreter interpreter, Args args) {
    if (args.positional().size() > 1) {
      throw TemplateException.type(
          "dict expected at most 1 argument, got " + args.positional().size());
    }
    DictValue dict = new DictValue();
    if (!args.positional().isEmpty()) {
      fill(dict, args.positional().getFirst(), interpreter);
    }
    args.keywords().forEach((name, value) -> dict.entries().put(DictKey.of(name), value));
    return dict;
  }

  private static void fill(DictValue dict, Value source, Interpreter interpreter) {
    if (source instanceof DictValue other) {
      interpreter.budget().items(other.entries().size());
      dict.entries().putAll(other.entries());
      return;
    }
    int place = 0;
    for (Value item : interpreter.list(source)) {
      if (!Python.isIterable(item)) {
        throw TemplateException.type(
            "cannot convert dictionary update sequence element #" + place + " to a sequence");
      }
      List<Value> pair = interpreter.list(item);
      if (pair.size() != 2) {
        throw TemplateException.value(
            "dictionary update sequence element #%d has length %d; 2 is required"
                .formatted(place, pair.size()));
      }
      dict.entries().put(DictKey.of(pair.get(0)), pair.get(1));
      place++;
    }
  }

  private static Value namespace(Interpreter interpreter, Args args) {
    Map<String, Value> attributes = new LinkedHashMap<>();
    if (dict(interpreter, args) instanceof DictValue dict) {
      dict.entries()
          .forEach((key, value) -> attributes.put(interpreter.str(key.value()).string(), value));
    }
    return new NamespaceValue(attributes);
  }

  /** Goes round its items. */
  private static final class Cycler implements Value.ObjectValue {
    private final List<Value> items;
    private int at;

    Cycler(Args args) {
      if (args.positional().isEmpty()) {
        throw new TemplateException(ErrorKind.RUNTIME, "at least one item has to be provided");
      }
      items = args.positional();
    }

    @Override
    public String typeName() {
      return "Cycler";
    }

    @Override
    public @Nullable Value attribute(String name) {
      return switch (name) {
        case "next" -> new FunctionValue(name, (interpreter, args) -> next());
        case "reset" ->
            new FunctionValue(
                name,
                (interpreter, args) -> {
                  at = 0;
                  return NoneValue.NONE;
                });
        case "current" -> items.get(at);
        case "items" -> new TupleValue(items);
        case "pos" -> Value.of((long) at);
        default -> null;
      };
    }

    private Value next() {
      Value item = items.get(at);
      at = (at + 1) % items.size();
      return item;
    }
  }

  /** Nothing the first time, the separator from then on. */
  private static final class Joiner implements Value.ObjectValue {
    private final Value separator;
    private boolean used;

    Joiner(Args args) {
      Value given = args.bind("joiner", "sep")[0];
      separator = given == null ? Text.template(", ") : given;
    }

    @Override
    public String typeName() {
      return "Joiner";
    }

    @Override
    public @Nullable Value attribute(String name) {
      return switch (name) {
        case "sep" -> separator;
        case "used" -> Value.of(used);
        default -> null;
      };
    }

    @Override
    public Value call(Interpreter interpreter, Args args) {
      Value result = used ? separator : Text.EMPTY;
      used = true;
      return result;
    }
  }
}
