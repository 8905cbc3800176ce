package io.talchum.model.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * A quantized matrix as packages hold it: w = scale (q - 2^(bits - 1)), or scale (q - 8) + offset
 * of nibbles, or scale q + offset of bytes.
 *
 * @param quants unsigned [rows, blocks, block size], nibbles low first
 * @param scales f32 [rows, blocks]
 * @param offsets f32 [blocks, rows], or empty
 */
public record QuantizedWeights(
    MatrixShape shape, MemorySegment quants, MemorySegment scales, MemorySegment offsets) {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Whether blocks have offsets. */
  public boolean hasOffsets() {
    return offsets.byteSize() > 0;
  }

  /** Of a block: d. */
  public float scale(int row, int block) {
    return scales.get(FLOAT, ((long) row * shape.blocks() + block) * Float.BYTES);
  }

  /** Of a block with offsets: m, where w = d q + m with q from 0. */
  public float minimum(int row, int block) {
    float offset = offsets.get(FLOAT, ((long) block * shape.rows() + row) * Float.BYTES);
    return shape.bits() == 4 ? offset - 8 * scale(row, block) : offset;
  }

  /** Whether halves hold all scales and minima exactly. */
  public boolean factorsAreHalves() {
    for (int row = 0; row < shape.rows(); row++) {
      for (int block = 0; block < shape.blocks(); block++) {
        if (!isHalf(scale(row, block)) || hasOffsets() && !isHalf(minimum(row, block))) {
          return false;
        }
      }
    }
    return true;
  }

  private static boolean isHalf(float value) {
    return Float.float16ToFloat(Float.floatToFloat16(value)) == value;
  }
}
