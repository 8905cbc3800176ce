package io.talchum.model.kernel;

import java.lang.foreign.MemorySegment;

/**
 * y = W x of one matrix. One thread arranges inputs, then many share the panels. Products of the
 * same {@link MatrixProducts} share room for their inputs: only the last one arranged can be run.
 */
public interface MatrixProduct {
  /** Rows of a panel. */
  int PANEL_ROWS = 32;

  /** Parts that the work can be divided into. */
  int panels();

  /**
   * Arranges x.
   *
   * @param x f32 [tokens, columns of the matrix]
   * @param again whether x holds what it held at the last call of a product of these
   */
  void arrange(MemorySegment x, int tokens, boolean again);

  /**
   * Writes the outputs of some panels.
   *
   * @param y address of f32 [tokens, rows of the matrix]
   */
  void multiply(int firstPanel, int endPanel, long y);
}
