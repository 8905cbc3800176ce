package io.talchum.text.jinja;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Variables of one block, and the blocks around it; one thread. */
final class VariableScope {
  private final @Nullable VariableScope outer;
  private @Nullable Map<String, Value> variables;

  VariableScope(@Nullable VariableScope outer) {
    this.outer = outer;
  }

  /** The context of a rendering. */
  VariableScope(Map<String, Value> context) {
    this.outer = null;
    this.variables = context;
  }

  @Nullable Value find(String name) {
    for (VariableScope scope = this; scope != null; scope = scope.outer) {
      Map<String, Value> here = scope.variables;
      Value value = here == null ? null : here.get(name);
      if (value != null) {
        return value;
      }
    }
    return null;
  }

  void set(String name, Value value) {
    Map<String, Value> here = variables;
    if (here == null) {
      here = new HashMap<>();
      variables = here;
    }
    here.put(name, value);
  }
}
