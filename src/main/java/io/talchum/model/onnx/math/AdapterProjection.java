package io.talchum.model.onnx.math;

import io.talchum.adapter.Projection;
import java.lang.foreign.SegmentAllocator;

/**
 * A linear map of an adapter's own. Few inputs are kept transposed, so that the loops run over the
 * longer side.
 *
 * @param weight [outputs, inputs], or [inputs, outputs]
 * @param bias f32 [outputs]
 */
public record AdapterProjection(AdapterMatrix weight, boolean isTransposed, float[] bias) {
  public static AdapterProjection of(SegmentAllocator memory, Projection p) {
    boolean transposed = p.inputs() < p.outputs();
    return new AdapterProjection(
        transposed
            ? AdapterMatrix.transposed(memory, p.weight(), p.inputs(), p.outputs())
            : AdapterMatrix.of(memory, p.weight(), p.outputs(), p.inputs()),
        transposed,
        p.bias().length == 0 ? new float[p.outputs()] : p.bias());
  }

  public int outputs() {
    return bias.length;
  }

  /** W x + bias, in scratch memory. */
  public TokenGroup apply(TokenGroup x, TaskScratch scratch) {
    TokenGroup y = scratch.group(outputs(), x.count());
    if (isTransposed) {
      byColumns(x, y);
    } else {
      byRows(x, y, scratch.products().tile());
    }
    return y;
  }

  private void byRows(TokenGroup x, TokenGroup y, DenseTile tile) {
    x.multiply(weight, 0, outputs(), tile);
    for (int t = 0; t < x.count(); t++) {
      tile.put(t, y.data(), y.at(t));
      VectorLoops.add(bias, 0, outputs(), y.data(), y.at(t));
    }
  }

  private void byColumns(TokenGroup x, TokenGroup y) {
    float[] inputs = new float[weight.rows()];
    for (int t = 0; t < x.count(); t++) {
      for (int i = 0; i < inputs.length; i++) {
        inputs[i] = x.get(t, i);
      }
      for (int output = 0; output < outputs(); output++) {
        y.set(t, output, bias[output]);
      }
      LowRankProduct.up(weight, y.data(), y.at(t), inputs);
    }
  }
}
