package io.talchum.model.kernel;

/**
 * Of a quantized matrix.
 *
 * @param rows outputs
 * @param columns inputs
 * @param bits per weight: 4, 8 or 16
 * @param blockSize weights of a row that share a scale, a multiple of 16
 */
public record MatrixShape(int rows, int columns, int bits, int blockSize) {
  /** Blocks per row; the last one may be padded. */
  public int blocks() {
    return Math.ceilDiv(columns, blockSize);
  }
}
