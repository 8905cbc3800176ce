package io.talchum.weights.safetensors;

import io.talchum.weights.DType;
import java.util.List;

/**
 * One tensor of a {@link SafetensorsFile}.
 *
 * @param shape outermost dimension first; empty for a scalar
 * @param offset first byte, counted from the start of the file
 * @param length bytes
 */
public record TensorInfo(String name, DType dtype, List<Long> shape, long offset, long length) {
  public TensorInfo {
    shape = List.copyOf(shape);
  }

  public long elements() {
    return length / dtype.bytes();
  }
}
