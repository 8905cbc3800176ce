package io.talchum.model.onnx.device;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.model.onnx.ort.ElementType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Floats in the type of a graph's activations. */
public final class Numbers {
  private final ElementType type;

  /**
   * @param type FLOAT or FLOAT16
   */
  Numbers(ElementType type) {
    this.type = type;
  }

  /** Whether a finite number stays finite. */
  boolean holds(float value) {
    return type == ElementType.FLOAT
        || Float.isFinite(Float.float16ToFloat(Float.floatToFloat16(value)));
  }

  /** Writes one number at an index. */
  void set(MemorySegment target, long index, float value) {
    switch (type) {
      case FLOAT -> target.setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, index, value);
      case FLOAT16 ->
          target.setAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, index, Float.floatToFloat16(value));
      default -> throw new IllegalStateException("no activations are " + type);
    }
  }

  /**
   * Floats in this type: the same memory if they are.
   *
   * @param name for the message
   * @throws ServeException INVALID_MODEL if one is too large
   */
  MemorySegment of(Arena owner, String name, MemorySegment floats) {
    if (type == ElementType.FLOAT) {
      return floats;
    }
    long count = floats.byteSize() / Float.BYTES;
    MemorySegment halves = owner.allocate(count * Short.BYTES, 64);
    for (long i = 0; i < count; i++) {
      float value = floats.getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i);
      if (!holds(value)) {
        throw new ServeException(
            ErrorCode.INVALID_MODEL,
            "%s holds %s, which fp16 cannot hold; serve the model with --provider cpu"
                .formatted(name, value));
      }
      halves.setAtIndex(ValueLayout.JAVA_SHORT, i, Float.floatToFloat16(value));
    }
    return halves;
  }
}
