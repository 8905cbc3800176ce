package io.talchum.model.kernel;

import java.lang.foreign.MemorySegment;

/**
 * y = W x of one matrix. One thread arranges inputs, then many share the panels. Products of the
 * same {@link MatrixProducts} share room for their inputs: only the last one arranged can be run.
 */
public interface MatrixProduct {
  /** The content of an x that no other call has. */
  long UNKNOWN = -1;

  /** Parts that the work can be divided into. */
  int panels();

  /**
   * Arranges x.
   *
   * @param x f32 [tokens, columns of the matrix]
   * @param content a number of what x holds: the work is saved where the last call of a product of
   *     these had the same; or {@link #UNKNOWN}
   */
  void arrange(MemorySegment x, int tokens, long content);

  /**
   * Writes the outputs of some panels.
   *
   * @param y address of f32 [tokens, rows of the matrix]
   */
  void multiply(int firstPanel, int endPanel, long y);
}
