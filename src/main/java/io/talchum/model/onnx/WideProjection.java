package io.talchum.model.onnx;

import io.talchum.adapter.Projection;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/**
 * A linear map of an adapter's own that is so large that threads share its rows.
 *
 * @param weight [outputs, inputs]
 * @param bias f32 [outputs], or empty
 */
record WideProjection(AdapterMatrix weight, float[] bias) {
  static WideProjection of(SegmentAllocator memory, Projection p) {
    return new WideProjection(
        AdapterMatrix.of(memory, p.weight(), p.outputs(), p.inputs()), p.bias());
  }

  int tasks() {
    return DenseTile.tasks(weight);
  }

  /**
   * Computes the outputs of a task.
   *
   * @param y receives W x + bias, or is increased by it
   */
  void run(int task, TokenRows x, TokenRows y, boolean add, DenseTile tile) {
    int first = task * DenseTile.rowsPerTask(weight);
    int rows = Math.min(DenseTile.rowsPerTask(weight), weight.rows() - first);
    for (int from = 0; from < x.count(); from += DenseTile.TOKENS) {
      tile.multiply(weight, first, rows, x, from, Math.min(DenseTile.TOKENS, x.count() - from));
      for (int t = 0; t < tile.tokens(); t++) {
        long at = y.at(from + t) + (long) first * Float.BYTES;
        write(tile, t, y.data(), at, add);
        if (bias.length > 0) {
          VectorLoops.add(bias, first, rows, y.data(), at);
        }
      }
    }
  }

  private static void write(DenseTile tile, int token, MemorySegment y, long at, boolean add) {
    if (add) {
      tile.add(token, y, at);
    } else {
      tile.put(token, y, at);
    }
  }
}
