package io.talchum.model.onnx.step;

/** What every executor refuses of a step: callers' mistakes, never a client's. */
public final class StepArguments {
  private StepArguments() {}

  /** The rows of a decode step. */
  public static int rows(int[] tokenIds, int[] positions, int slots) {
    int rows = tokenIds.length;
    if (rows == 0 || rows > slots || positions.length != rows) {
      throw new IllegalArgumentException("a decode step needs 1.." + slots + " rows, not " + rows);
    }
    return rows;
  }

  /** The tokens of a prefill step. */
  public static int tokens(int[] tokenIds, int most) {
    int tokens = tokenIds.length;
    if (tokens == 0 || tokens > most) {
      throw new IllegalArgumentException("a prefill needs 1.." + most + " tokens, not " + tokens);
    }
    return tokens;
  }
}
