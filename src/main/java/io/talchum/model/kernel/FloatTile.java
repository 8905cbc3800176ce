package io.talchum.model.kernel;

import static io.talchum.model.kernel.Native.ALL;
import static io.talchum.model.kernel.PanelMatrix.ROWS;

import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** Product of an unpacked panel with eight tokens. */
final class FloatTile {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final ByteOrder NATIVE = ByteOrder.nativeOrder();
  private static final int LANES = FLOATS.length();

  private FloatTile() {}

  /**
   * tile = W x, for 2 * lanes rows and eight tokens.
   *
   * <p>Must stay this small: with more in it (a choice to add, stores to memory by address) C2
   * passes its limit of nodes for inlining, and boxes every vector.
   *
   * @param w f32 [columns, 32]; the rows' first vectors lie at {@code first} and 16 after it
   * @param x f32 [columns, 8] from {@code from} on
   * @param tile receives f32 [8, 32], at {@code first} and 16 after it
   */
  static void eight(float[] w, int first, float[] x, int from, int columns, float[] tile) {
    FloatVector zero = FloatVector.zero(FLOATS);
    FloatVector a0 = zero, b0 = zero;
    FloatVector a1 = zero, b1 = zero;
    FloatVector a2 = zero, b2 = zero;
    FloatVector a3 = zero, b3 = zero;
    FloatVector a4 = zero, b4 = zero;
    FloatVector a5 = zero, b5 = zero;
    FloatVector a6 = zero, b6 = zero;
    FloatVector a7 = zero, b7 = zero;
    for (int k = 0; k < columns; k++) {
      FloatVector w0 = FloatVector.fromArray(FLOATS, w, first + k * ROWS);
      FloatVector w1 = FloatVector.fromArray(FLOATS, w, first + k * ROWS + ROWS / 2);
      FloatVector p;
      p = FloatVector.broadcast(FLOATS, x[from + k * 8 + 0]);
      a0 = w0.fma(p, a0);
      b0 = w1.fma(p, b0);
      p = FloatVector.broadcast(FLOATS, x[from + k * 8 + 1]);
      a1 = w0.fma(p, a1);
      b1 = w1.fma(p, b1);
      p = FloatVector.broadcast(FLOATS, x[from + k * 8 + 2]);
      a2 = w0.fma(p, a2);
      b2 = w1.fma(p, b2);
      p = FloatVector.broadcast(FLOATS, x[from + k * 8 + 3]);
      a3 = w0.fma(p, a3);
      b3 = w1.fma(p, b3);
      p = FloatVector.broadcast(FLOATS, x[from + k * 8 + 4]);
      a4 = w0.fma(p, a4);
      b4 = w1.fma(p, b4);
      p = FloatVector.broadcast(FLOATS, x[from + k * 8 + 5]);
      a5 = w0.fma(p, a5);
      b5 = w1.fma(p, b5);
      p = FloatVector.broadcast(FLOATS, x[from + k * 8 + 6]);
      a6 = w0.fma(p, a6);
      b6 = w1.fma(p, b6);
      p = FloatVector.broadcast(FLOATS, x[from + k * 8 + 7]);
      a7 = w0.fma(p, a7);
      b7 = w1.fma(p, b7);
    }
    a0.intoArray(tile, first + 0 * ROWS);
    b0.intoArray(tile, first + 0 * ROWS + ROWS / 2);
    a1.intoArray(tile, first + 1 * ROWS);
    b1.intoArray(tile, first + 1 * ROWS + ROWS / 2);
    a2.intoArray(tile, first + 2 * ROWS);
    b2.intoArray(tile, first + 2 * ROWS + ROWS / 2);
    a3.intoArray(tile, first + 3 * ROWS);
    b3.intoArray(tile, first + 3 * ROWS + ROWS / 2);
    a4.intoArray(tile, first + 4 * ROWS);
    b4.intoArray(tile, first + 4 * ROWS + ROWS / 2);
    a5.intoArray(tile, first + 5 * ROWS);
    b5.intoArray(tile, first + 5 * ROWS + ROWS / 2);
    a6.intoArray(tile, first + 6 * ROWS);
    b6.intoArray(tile, first + 6 * ROWS + ROWS / 2);
    a7.intoArray(tile, first + 7 * ROWS);
    b7.intoArray(tile, first + 7 * ROWS + ROWS / 2);
  }

  /**
   * Writes or adds the 32 outputs of one token.
   *
   * @param tile f32 [32] from {@code from} on
   * @param y address of f32 [32]
   */
  static void put(float[] tile, int from, long y, boolean add) {
    for (int r = 0; r < ROWS; r += LANES) {
      FloatVector sum = FloatVector.fromArray(FLOATS, tile, from + r);
      if (add) {
        sum = sum.add(FloatVector.fromMemorySegment(FLOATS, ALL, y + 4L * r, NATIVE));
      }
      sum.intoMemorySegment(ALL, y + 4L * r, NATIVE);
    }
  }
}
