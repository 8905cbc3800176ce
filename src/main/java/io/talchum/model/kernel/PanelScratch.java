package io.talchum.model.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** What one thread writes to while it multiplies. */
public final class PanelScratch {
  private static final int ALIGNMENT = 64;

  private final Arena arena;
  private final float[] tile = new float[PanelInputs.EIGHT * PanelMatrix.ROWS]; // [8, 32]
  private MemorySegment factors = MemorySegment.NULL; // f32 [blocks, 2, 32]
  private float[] weights = new float[0]; // [columns, 32]

  /**
   * @param arena of the buffers
   */
  public PanelScratch(Arena arena) {
    this.arena = arena;
  }

  /** Makes room for a matrix. */
  public void fit(PanelMatrix matrix) {
    long bytes = matrix.blocks() * PanelScales.FACTOR_BYTES;
    if (factors.byteSize() < bytes) {
      factors = arena.allocate(bytes, ALIGNMENT);
    }
    int columns =
        Math.min(matrix.paddedColumns(), Math.max(PanelProduct.CHUNK_COLUMNS, matrix.blockSize()));
    if (weights.length < columns * PanelMatrix.ROWS) {
      weights = new float[columns * PanelMatrix.ROWS];
    }
  }

  float[] tile() {
    return tile;
  }

  long factors() {
    return factors.address();
  }

  float[] weights() {
    return weights;
  }
}
