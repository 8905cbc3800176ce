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
  private static final long HALF = 64;

  private FloatTile() {}

  /**
   * y = W x, or y += W x, for 2 * lanes rows and eight tokens.
   *
   * @param w f32 [columns, 32]; the rows' first vectors lie at {@code first} and 16 after it
   * @param x f32 [columns, 8] from {@code from} on
   * @param y address of the first token's outputs; token m's at y + m * yStride
   */
  static void eight(
      float[] w, int first, float[] x, int from, int columns, long y, long yStride, boolean add) {
    FloatVector a0 = FloatVector.zero(FLOATS);
    FloatVector b0 = FloatVector.zero(FLOATS);
    FloatVector a1 = FloatVector.zero(FLOATS);
    FloatVector b1 = FloatVector.zero(FLOATS);
    FloatVector a2 = FloatVector.zero(FLOATS);
    FloatVector b2 = FloatVector.zero(FLOATS);
    FloatVector a3 = FloatVector.zero(FLOATS);
    FloatVector b3 = FloatVector.zero(FLOATS);
    FloatVector a4 = FloatVector.zero(FLOATS);
    FloatVector b4 = FloatVector.zero(FLOATS);
    FloatVector a5 = FloatVector.zero(FLOATS);
    FloatVector b5 = FloatVector.zero(FLOATS);
    FloatVector a6 = FloatVector.zero(FLOATS);
    FloatVector b6 = FloatVector.zero(FLOATS);
    FloatVector a7 = FloatVector.zero(FLOATS);
    FloatVector b7 = FloatVector.zero(FLOATS);
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
    put(a0, b0, y, add);
    put(a1, b1, y + yStride, add);
    put(a2, b2, y + 2 * yStride, add);
    put(a3, b3, y + 3 * yStride, add);
    put(a4, b4, y + 4 * yStride, add);
    put(a5, b5, y + 5 * yStride, add);
    put(a6, b6, y + 6 * yStride, add);
    put(a7, b7, y + 7 * yStride, add);
  }

  /** Must stay small: inlined, it costs no boxes. */
  private static void put(FloatVector a, FloatVector b, long y, boolean add) {
    if (add) {
      a = a.add(FloatVector.fromMemorySegment(FLOATS, ALL, y, NATIVE));
      b = b.add(FloatVector.fromMemorySegment(FLOATS, ALL, y + HALF, NATIVE));
    }
    a.intoMemorySegment(ALL, y, NATIVE);
    b.intoMemorySegment(ALL, y + HALF, NATIVE);
  }
}
