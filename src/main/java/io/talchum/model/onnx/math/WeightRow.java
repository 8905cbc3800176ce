package io.talchum.model.onnx.math;

import static jdk.incubator.vector.VectorOperators.ZERO_EXTEND_S2I;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** A row of an {@link AdapterMatrix} in 16 bits as f32, with the Vector API. */
final class WeightRow {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS = FLOATS.withLanes(int.class);
  private static final VectorSpecies<Short> SHORTS =
      VectorSpecies.of(short.class, VectorShape.forBitSize(FLOATS.vectorBitSize() / 2));
  private static final int LANES = FLOATS.length();
  private static final ByteOrder NATIVE = ByteOrder.nativeOrder();

  private WeightRow() {}

  /**
   * Writes a row.
   *
   * @param at byte offset in the target
   */
  static void widen(AdapterMatrix matrix, int row, MemorySegment target, long at) {
    int columns = matrix.columns();
    int whole = FLOATS.loopBound(columns);
    floats(matrix.data(), matrix.row(row), whole, matrix.format(), target, at);
    for (int i = whole; i < columns; i++) {
      float weight = matrix.format().read(matrix.data(), matrix.row(row), i);
      VectorLoops.set(target, at + (long) i * Float.BYTES, weight);
    }
  }

  /** 16-bit floats. */
  private static void floats(
      MemorySegment from,
      long first,
      int whole,
      WeightFormat format,
      MemorySegment target,
      long at) {
    int mask = format.magnitudeMask;
    int shift = format.shift;
    float rebias = format.rebias;
    for (int i = 0; i < whole; i += LANES) {
      IntVector bits =
          (IntVector)
              ShortVector.fromMemorySegment(SHORTS, from, first + (long) i * Short.BYTES, NATIVE)
                  .convertShape(ZERO_EXTEND_S2I, INTS, 0);
      LowRankProduct.widen(bits, mask, shift, rebias)
          .intoMemorySegment(target, at + (long) i * Float.BYTES, NATIVE);
    }
  }
}
