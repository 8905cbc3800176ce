package io.talchum.text.jinja;

import io.talchum.text.jinja.Value.FunctionValue;
import io.talchum.text.jinja.Value.TupleValue;
import io.talchum.text.jinja.Value.Undefined;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The variable {@code loop}; one thread. */
final class LoopValue implements Value.ObjectValue {
  private final Renderer renderer;
  private final Statement.For loop;
  private final List<Value> items;
  private final VariableScope scope;
  private final int depth;
  private int index = -1;
  private @Nullable Value lastChanged;

  LoopValue(
      Renderer renderer, Statement.For loop, List<Value> items, VariableScope scope, int depth) {
    this.renderer = renderer;
    this.loop = loop;
    this.items = items;
    this.scope = scope;
    this.depth = depth;
  }

  void advance() {
    index++;
  }

  int size() {
    return items.size();
  }

  @Override
  public String typeName() {
    return "LoopContext";
  }

  @Override
  public String repr() {
    return "<LoopContext " + (index + 1) + "/" + items.size() + ">";
  }

  @Override
  public @Nullable Value attribute(String name) {
    return switch (name) {
      case "index" -> Value.of(index + 1L);
      case "index0" -> Value.of((long) index);
      case "revindex" -> Value.of((long) items.size() - index);
      case "revindex0" -> Value.of(items.size() - index - 1L);
      case "first" -> Value.of(index == 0);
      case "last" -> Value.of(index == items.size() - 1);
      case "length" -> Value.of((long) items.size());
      case "depth" -> Value.of(depth + 1L);
      case "depth0" -> Value.of((long) depth);
      case "previtem" -> index > 0 ? items.get(index - 1) : beyond("there is no previous item");
      case "nextitem" ->
          index + 1 < items.size() ? items.get(index + 1) : beyond("there is no next item");
      case "cycle" -> new FunctionValue("cycle", (interpreter, args) -> cycle(args));
      case "changed" ->
          new FunctionValue("changed", (interpreter, args) -> Value.of(changed(interpreter, args)));
      default -> null;
    };
  }

  private static Value beyond(String reason) {
    return new Undefined(ErrorKind.UNDEFINED, reason);
  }

  private Value cycle(Args args) {
    if (args.positional().isEmpty()) {
      throw TemplateException.type("no items for cycling given");
    }
    return args.positional().get(index % args.positional().size());
  }

  private boolean changed(Interpreter interpreter, Args args) {
    Value now = new TupleValue(args.positional());
    boolean differs =
        lastChanged == null || !Comparing.equal(lastChanged, now, interpreter.budget());
    if (differs) {
      lastChanged = now;
    }
    return differs;
  }

  @Override
  public Value call(Interpreter interpreter, Args args) {
    if (!loop.recursive()) {
      throw TemplateException.type(
          "The loop must have the 'recursive' marker to be called recursively.");
    }
    TextBuilder out = new TextBuilder(interpreter.budget());
    renderer.loop(loop, args.required("loop", 0), scope, depth + 1, out);
    return out.build();
  }
}
