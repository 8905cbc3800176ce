package io.talchum.text.jinja;

/** A test: {@code value is name(args)}. */
@FunctionalInterface
interface Test {
  boolean holds(Interpreter interpreter, Value value, Args args);
}
