package io.talchum.model.kernel;

import java.lang.foreign.SegmentAllocator;

/** A way to multiply quantized matrices, with what its products share. */
public interface MatrixProducts {
  /**
   * For people: {@code exact}, perhaps with the reason, or the inputs' bits and the instructions
   * that multiply.
   */
  String label();

  /**
   * Lays out a matrix for this way.
   *
   * @param memory of the layout, which outlives the product
   */
  MatrixProduct of(QuantizedWeights weights, SegmentAllocator memory);
}
