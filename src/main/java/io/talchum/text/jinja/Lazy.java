package io.talchum.text.jinja;

import io.talchum.text.jinja.Value.IteratorValue;
import java.util.Iterator;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A generator whose work, and whose errors, come when it is first asked. */
final class Lazy implements Iterator<Value> {
  private final Supplier<Iterator<Value>> source;
  private @Nullable Iterator<Value> items;

  private Lazy(Supplier<Iterator<Value>> source) {
    this.source = source;
  }

  static IteratorValue generator(Supplier<Iterator<Value>> source) {
    return new IteratorValue(new Lazy(source), "generator");
  }

  @Override
  public boolean hasNext() {
    return items().hasNext();
  }

  @Override
  public Value next() {
    return items().next();
  }

  private Iterator<Value> items() {
    Iterator<Value> started = items;
    if (started == null) {
      started = source.get();
      items = started;
    }
    return started;
  }
}
