package io.talchum.model.onnx;

import io.talchum.adapter.Projection;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/**
 * A linear map of an adapter's own.
 *
 * @param weight [outputs, inputs]
 * @param bias f32 [outputs], or empty
 */
record AdapterProjection(AdapterMatrix weight, MemorySegment bias) {
  static AdapterProjection of(SegmentAllocator memory, Projection projection) {
    return new AdapterProjection(
        AdapterMatrix.of(memory, projection.weight(), projection.outputs(), projection.inputs()),
        projection.bias().length == 0
            ? MemorySegment.NULL
            : AdapterMatrix.vector(memory, projection.bias()));
  }

  int outputs() {
    return weight.rows();
  }

  /** W x + bias, in scratch memory. */
  TokenGroup apply(TokenGroup x, HookScratch scratch) {
    TokenGroup y = scratch.group(outputs(), x.count());
    float[] sums = new float[DenseProduct.TOKENS];
    for (int output = 0; output < outputs(); output++) {
      DenseProduct.dots(weight, output, x.data(), x.at(), sums);
      float b = bias.byteSize() == 0 ? 0 : VectorLoops.get(bias, (long) output * Float.BYTES);
      for (int t = 0; t < x.count(); t++) {
        y.set(t, output, sums[t] + b);
      }
    }
    return y;
  }
}
