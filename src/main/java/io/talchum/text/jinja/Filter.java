package io.talchum.text.jinja;

/** A filter: {@code value|name(args)}. */
@FunctionalInterface
interface Filter {
  Value apply(Interpreter interpreter, Value value, Args args);
}
