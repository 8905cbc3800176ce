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
    if (add) {
      a0 = a0.add(FloatVector.fromMemorySegment(FLOATS, ALL, y, NATIVE));
      b0 = b0.add(FloatVector.fromMemorySegment(FLOATS, ALL, y + HALF, NATIVE));
      a1 = a1.add(FloatVector.fromMemorySegment(FLOATS, ALL, y + 1 * yStride, NATIVE));
      b1 = b1.add(FloatVector.fromMemorySegment(FLOATS, ALL, y + 1 * yStride + HALF, NATIVE));
      a2 = a2.add(FloatVector.fromMemorySegment(FLOATS, ALL, y + 2 * yStride, NATIVE));
      b2 = b2.add(FloatVector.fromMemorySegment(FLOATS, ALL, y + 2 * yStride + HALF, NATIVE));
      a3 = a3.add(FloatVector.fromMemorySegment(FLOATS, ALL, y + 3 * yStride, NATIVE));
      b3 = b3.add(FloatVector.fromMemorySegment(FLOATS, ALL, y + 3 * yStride + HALF, NATIVE));
      a4 = a4.add(FloatVector.fromMemorySegment(FLOATS, ALL, y + 4 * yStride, NATIVE));
      b4 = b4.add(FloatVector.fromMemorySegment(FLOATS, ALL, y + 4 * yStride + HALF, NATIVE));
      a5 = a5.add(FloatVector.fromMemorySegment(FLOATS, ALL, y + 5 * yStride, NATIVE));
      b5 = b5.add(FloatVector.fromMemorySegment(FLOATS, ALL, y + 5 * yStride + HALF, NATIVE));
      a6 = a6.add(FloatVector.fromMemorySegment(FLOATS, ALL, y + 6 * yStride, NATIVE));
      b6 = b6.add(FloatVector.fromMemorySegment(FLOATS, ALL, y + 6 * yStride + HALF, NATIVE));
      a7 = a7.add(FloatVector.fromMemorySegment(FLOATS, ALL, y + 7 * yStride, NATIVE));
      b7 = b7.add(FloatVector.fromMemorySegment(FLOATS, ALL, y + 7 * yStride + HALF, NATIVE));
    }
    a0.intoMemorySegment(ALL, y, NATIVE);
    b0.intoMemorySegment(ALL, y + HALF, NATIVE);
    a1.intoMemorySegment(ALL, y + 1 * yStride, NATIVE);
    b1.intoMemorySegment(ALL, y + 1 * yStride + HALF, NATIVE);
    a2.intoMemorySegment(ALL, y + 2 * yStride, NATIVE);
    b2.intoMemorySegment(ALL, y + 2 * yStride + HALF, NATIVE);
    a3.intoMemorySegment(ALL, y + 3 * yStride, NATIVE);
    b3.intoMemorySegment(ALL, y + 3 * yStride + HALF, NATIVE);
    a4.intoMemorySegment(ALL, y + 4 * yStride, NATIVE);
    b4.intoMemorySegment(ALL, y + 4 * yStride + HALF, NATIVE);
    a5.intoMemorySegment(ALL, y + 5 * yStride, NATIVE);
    b5.intoMemorySegment(ALL, y + 5 * yStride + HALF, NATIVE);
    a6.intoMemorySegment(ALL, y + 6 * yStride, NATIVE);
    b6.intoMemorySegment(ALL, y + 6 * yStride + HALF, NATIVE);
    a7.intoMemorySegment(ALL, y + 7 * yStride, NATIVE);
    b7.intoMemorySegment(ALL, y + 7 * yStride + HALF, NATIVE);
  }
}
