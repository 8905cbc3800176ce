package io.talchum.core;

import java.util.List;

/**
 * A linear module as the checkpoint has it, and as PEFT adapters name it.
 *
 * @param path inside {@code model.layers.N}
 * @param linears what its rows are, from the first on; more than one if it is fused
 */
public record LinearModule(String path, List<Linear> linears) {
  public LinearModule {
    linears = List.copyOf(linears);
  }

  /** One module per linear of a gated block, named as in most families. */
  public static List<LinearModule> plain() {
    return List.of(Linear.values()).stream()
        .map(linear -> new LinearModule(linear.path(), List.of(linear)))
        .toList();
  }
}
