package io.talchum.weights.quantize;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;

/** Refuses weights that are not numbers. */
public final class Finite {
  private static final int INFINITY_BITS = 0x7f800000;

  private Finite() {}

  /**
   * @throws ServeException INVALID_MODEL, naming the tensor, if a value is infinite or NaN
   */
  public static void require(String tensor, float[] values, int from, int count) {
    int largest = 0;
    for (int i = from; i < from + count; i++) {
      largest = Math.max(largest, Float.floatToRawIntBits(values[i]) & Integer.MAX_VALUE);
    }
    if (largest >= INFINITY_BITS) {
      throw new ServeException(
          ErrorCode.INVALID_MODEL,
          "tensor " + tensor + " holds a weight that is infinite or not a number");
    }
  }
}
