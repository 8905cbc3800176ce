package io.talchum.weights.checkpoint;

import io.talchum.core.Linear;
import io.talchum.core.LinearModule;
import io.talchum.core.ModelSpec;

/**
 * Rows of a tensor in a checkpoint.
 *
 * @param tensor its name there
 * @param firstRow of the part
 * @param rows of the whole tensor
 */
public record TensorPlace(String tensor, int firstRow, int rows) {

  public static TensorPlace whole(String tensor, int rows) {
    return new TensorPlace(tensor, 0, rows);
  }

  /** The part of a module's tensor that belongs to one of its linears. */
  public static TensorPlace of(ModelSpec spec, LinearModule module, Linear linear, String tensor) {
    int first = 0;
    int rows = 0;
    for (Linear member : module.linears()) {
      first = member == linear ? rows : first;
      rows += spec.outputSize(member);
    }
    return new TensorPlace(tensor, first, rows);
  }
}
