package io.talchum.model.onnx.math;

import io.talchum.model.kernel.PanelInputs;
import io.talchum.model.kernel.PanelMatrix;
import io.talchum.model.kernel.PanelProduct;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * A {@link FullRankMatrix} times the tokens of a batch. The engine thread begins; then any threads
 * run the tasks.
 */
public final class FullRankProduct {
  private final PanelInputs inputs = new PanelInputs();
  private MemorySegment products = MemorySegment.NULL; // f32 [tokens, rows of the panels]

  /**
   * Where products go.
   *
   * @param column of the first output in each of the vectors
   * @param add whether they are added to what is there
   */
  public record Outputs(TokenRows y, int column, boolean add) {
    long at(int token, int row) {
      return y.at(token) + (long) (column + row) * Float.BYTES;
    }
  }

  public void begin(FullRankMatrix matrix, TokenRows x) {
    if (matrix instanceof FullRankMatrix.Panels panels) {
      inputs.arrange(panels.weights(), x.data(), x.indexes(), x.count());
      long bytes = (long) x.count() * panels.rows() * Float.BYTES;
      if (products.byteSize() < bytes) {
        products = Arena.ofAuto().allocate(bytes, AdapterMatrix.ALIGNMENT);
      }
    }
  }

  /** Computes some outputs for all tokens. */
  public void run(
      FullRankMatrix matrix, int task, TokenRows x, Outputs outputs, FullRankScratch scratch) {
    switch (matrix) {
      case FullRankMatrix.Rows rows -> rows(rows, task, x, outputs, scratch.tile());
      case FullRankMatrix.Panels panels -> panels(panels, task, outputs, scratch);
    }
  }

  private static void rows(
      FullRankMatrix.Rows matrix, int task, TokenRows x, Outputs outputs, DenseTile tile) {
    int first = task * matrix.rowsPerTask();
    int rows = Math.min(matrix.rowsPerTask(), matrix.rows() - first);
    for (int from = 0; from < x.count(); from += DenseTile.TOKENS) {
      int tokens = Math.min(DenseTile.TOKENS, x.count() - from);
      tile.multiply(matrix.weights(), first, rows, x, from, tokens);
      for (int t = 0; t < tokens; t++) {
        long at = outputs.at(from + t, first);
        if (outputs.add()) {
          tile.add(t, outputs.y().data(), at);
        } else {
          tile.put(t, outputs.y().data(), at);
        }
      }
    }
  }

  private void panels(
      FullRankMatrix.Panels matrix, int task, Outputs outputs, FullRankScratch scratch) {
    PanelMatrix weights = matrix.weights();
    int first = task * matrix.panelsPerTask();
    int end = Math.min(weights.panels(), first + matrix.panelsPerTask());
    PanelProduct.run(weights, inputs, first, end, products.address(), scratch.panels(weights));
    int row = first * PanelMatrix.ROWS;
    int rows = Math.min(matrix.rowsPerTask(), matrix.rows() - row);
    MemorySegment y = outputs.y().data();
    for (int t = 0; t < outputs.y().count(); t++) {
      long from = ((long) t * matrix.rows() + row) * Float.BYTES;
      if (outputs.add()) {
        VectorLoops.addScaled(1, products, from, y, outputs.at(t, row), rows);
      } else {
        MemorySegment.copy(products, from, y, outputs.at(t, row), (long) rows * Float.BYTES);
      }
    }
  }

  /** Writes the products with some rows to the outputs that they replace. */
  public static void replace(
      FullRankMatrix.Rows matrix,
      int task,
      TokenRows x,
      Outputs outputs,
      int[] targets,
      DenseTile tile) {
    int first = task * matrix.rowsPerTask();
    int rows = Math.min(matrix.rowsPerTask(), matrix.rows() - first);
    int[] mine = Arrays.copyOfRange(targets, first, first + rows);
    for (int from = 0; from < x.count(); from += DenseTile.TOKENS) {
      int tokens = Math.min(DenseTile.TOKENS, x.count() - from);
      tile.multiply(matrix.weights(), first, rows, x, from, tokens);
      for (int t = 0; t < tokens; t++) {
        for (int row = 0; row < rows; row++) {
          long at = outputs.at(from + t, mine[row]);
          VectorLoops.set(outputs.y().data(), at, tile.get(t, row));
        }
      }
    }
  }
}
