package io.talchum.model.kernel;

import java.lang.foreign.SegmentAllocator;
import java.util.Optional;

/** A way to multiply quantized matrices, with what its products share. */
public interface MatrixProducts {
  /**
   * For people: {@code exact}, perhaps with the reason, or the inputs' bits and the instructions
   * that multiply.
   */
  String label();

  /** Why matrices are multiplied exactly that were not to be; empty if there are none. */
  Optional<String> fallbackReason();

  /** Runs what the JVM must compile first. Any thread, beside products. */
  void warmUp();

  /**
   * Lays out a matrix for this way.
   *
   * @param memory of the layout, which outlives the product
   */
  MatrixProduct of(QuantizedWeights weights, SegmentAllocator memory);
}
