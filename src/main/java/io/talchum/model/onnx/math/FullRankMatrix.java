package io.talchum.model.onnx.math;

import io.talchum.adapter.FloatValues;
import io.talchum.model.kernel.PanelMatrix;
import java.lang.foreign.SegmentAllocator;

/**
 * A matrix of an adapter that is as large as one of the base's, not a product of two low-rank ones:
 * threads share its outputs.
 */
public sealed interface FullRankMatrix {
  /** Weights of a task: they stay in a core's cache while the tokens pass. */
  int TASK_WEIGHTS = 1 << 15;

  /** Row by row, with every value as it was. */
  record Rows(AdapterMatrix weights) implements FullRankMatrix {
    @Override
    public int rows() {
      return weights.rows();
    }

    @Override
    public int rowsPerTask() {
      int rows = TASK_WEIGHTS / Math.max(1, weights.columns());
      return Math.max(DenseProduct.ROWS, rows - rows % DenseProduct.ROWS);
    }
  }

  /** Rounded, see {@link RoundedMatrix}. */
  record Panels(PanelMatrix weights) implements FullRankMatrix {
    @Override
    public int rows() {
      return weights.rows();
    }

    @Override
    public int rowsPerTask() {
      return PanelMatrix.ROWS * panelsPerTask();
    }

    int panelsPerTask() {
      return Math.max(1, TASK_WEIGHTS / (PanelMatrix.ROWS * weights.columns()));
    }
  }

  /**
   * Copies f32 [rows, columns].
   *
   * @param round whether the numbers may be rounded to 16 bits
   */
  static FullRankMatrix of(
      SegmentAllocator memory, FloatValues values, int rows, int columns, boolean round) {
    return round
        ? new Panels(new RoundedMatrix(values.toArray(), rows, columns).panels(memory))
        : new Rows(AdapterMatrix.of(memory, values, rows, columns));
  }

  int rows();

  int rowsPerTask();

  default int tasks() {
    return Math.ceilDiv(rows(), rowsPerTask());
  }
}
