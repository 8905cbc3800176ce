package io.talchum.model.onnx.math;

import io.talchum.adapter.Projection;
import java.lang.foreign.SegmentAllocator;

/**
 * A linear map of an adapter's own that is so large that threads share its outputs.
 *
 * @param weight [outputs, inputs]
 * @param bias f32 [outputs], or empty
 */
public record FullRankProjection(FullRankMatrix weight, float[] bias) {
  public static FullRankProjection of(SegmentAllocator memory, Projection p, boolean round) {
    return new FullRankProjection(
        FullRankMatrix.of(memory, p.weight(), p.outputs(), p.inputs(), round), p.bias());
  }

  public int tasks() {
    return weight.tasks();
  }

  /**
   * Computes the outputs of a task.
   *
   * @param product that has begun with the weight and x
   * @param y receives W x + bias, or is increased by it
   */
  public void run(
      int task,
      FullRankProduct product,
      TokenRows x,
      TokenRows y,
      boolean add,
      FullRankScratch scratch) {
    FullRankProduct.Outputs outputs = new FullRankProduct.Outputs(y, 0, add);
    product.run(weight, task, x, outputs, scratch);
    if (bias.length > 0) {
      int first = task * weight.rowsPerTask();
      int rows = Math.min(weight.rowsPerTask(), weight.rows() - first);
      for (int t = 0; t < y.count(); t++) {
        VectorLoops.add(bias, first, rows, y.data(), outputs.at(t, first));
      }
    }
  }
}
