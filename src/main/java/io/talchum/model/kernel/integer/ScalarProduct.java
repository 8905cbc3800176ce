package io.talchum.model.kernel.integer;

import io.talchum.model.kernel.MatrixShape;
import io.talchum.model.kernel.QuantizedWeights;
import java.lang.foreign.ValueLayout;

/** What the kernels compute, one number after the other and in double precision: for self-tests. */
final class ScalarProduct {
  private ScalarProduct() {}

  /**
   * y = W x with rounded inputs.
   *
   * @param x [columns]
   * @param format of the inputs
   * @return [rows]
   */
  static double[] multiply(QuantizedWeights weights, float[] x, InputFormat format) {
    double[] rounded = round(x, format);
    double[] y = new double[weights.shape().rows()];
    for (int row = 0; row < y.length; row++) {
      for (int column = 0; column < x.length; column++) {
        y[row] += weight(weights, row, column) * rounded[column];
      }
    }
    return y;
  }

  /** The inputs as the kernels see them. */
  static double[] round(float[] x, InputFormat format) {
    double[] rounded = new double[x.length];
    for (int first = 0; first < x.length; first += format.columns()) {
      int end = Math.min(x.length, first + format.columns());
      float max = InputFormat.SMALLEST;
      for (int i = first; i < end; i++) {
        max = Math.max(max, Math.abs(x[i]));
      }
      float inverse = format.levels() / max;
      float scale = max * (1f / format.levels());
      for (int i = first; i < end; i++) {
        rounded[i] = Math.rint(x[i] * inverse) * scale;
      }
    }
    return rounded;
  }

  /** One weight, exactly. */
  static double weight(QuantizedWeights weights, int row, int column) {
    MatrixShape shape = weights.shape();
    int perInt = Integer.SIZE / shape.bits();
    long place = (long) row * shape.blocks() * shape.blockSize() + column;
    int packed = weights.quants().getAtIndex(ValueLayout.JAVA_INT_UNALIGNED, place / perInt);
    int quant = packed >>> shape.bits() * (int) (place % perInt) & (1 << shape.bits()) - 1;
    int block = column / shape.blockSize();
    double scale = weights.scale(row, block);
    return weights.hasOffsets()
        ? scale * quant + weights.minimum(row, block)
        : scale * (quant - (1 << shape.bits() - 1));
  }
}
