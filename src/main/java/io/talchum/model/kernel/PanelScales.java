package io.talchum.model.kernel;

import static io.talchum.model.kernel.Native.ALL;
import static io.talchum.model.kernel.PanelMatrix.ROWS;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The scales of a panel, and offsets if the weights have them, as halves where halves hold them
 * exactly, else as floats.
 *
 * <p>Weights are d q + m with q from 0; symmetric ones have m = -d 2^(bits - 1).
 */
final class PanelScales {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS = FLOATS.withLanes(int.class);
  private static final ByteOrder NATIVE = ByteOrder.nativeOrder();
  private static final int LANES = FLOATS.length();
  private static final int HALF_ROWS = ROWS / 2;
  private static final int MAGNITUDE = 0x0fffe000; // of a half, moved to where a float has it
  private static final int SIGN = 0x80000000;
  private static final float REBIAS = 0x1p112f;

  /** What one block of a panel stores. */
  enum Kind {
    /** int [16]: halves, row i low and row i + 16 high. */
    SYMMETRIC_HALVES(64),
    /** float [32]. */
    SYMMETRIC_FLOATS(128),
    /** int [32]: half d low, half m high. */
    OFFSET_HALVES(128),
    /** float [32] d, float [32] m. */
    OFFSET_FLOATS(256);

    private final int bytes;

    Kind(int bytes) {
      this.bytes = bytes;
    }
  }

  /** Bytes of d and m of one block: f32 [2, 32]. */
  static final long FACTOR_BYTES = 2L * ROWS * Float.BYTES;

  private final Kind kind;
  private final int rows;
  private final int blocks;
  private final float symmetric; // m / d of symmetric weights

  private PanelScales(Kind kind, MatrixShape shape) {
    this.kind = kind;
    this.rows = shape.rows();
    this.blocks = shape.blocks();
    this.symmetric = -(1 << shape.bits() - 1);
  }

  /** Chooses how to store. */
  static PanelScales of(QuantizedWeights weights) {
    boolean halves = weights.factorsAreHalves();
    Kind kind =
        weights.hasOffsets()
            ? halves ? Kind.OFFSET_HALVES : Kind.OFFSET_FLOATS
            : halves ? Kind.SYMMETRIC_HALVES : Kind.SYMMETRIC_FLOATS;
    return new PanelScales(kind, weights.shape());
  }

  private float scale(QuantizedWeights weights, int row, int block) {
    return row < rows ? weights.scale(row, block) : 0;
  }

  private float minimum(QuantizedWeights weights, int row, int block) {
    return row < rows ? weights.minimum(row, block) : 0;
  }

  /** Bytes per panel. */
  long bytes() {
    return (long) blocks * kind.bytes;
  }

  /** Writes a panel's scales. */
  void write(QuantizedWeights weights, int firstRow, MemorySegment target, long at) {
    for (int block = 0; block < blocks; block++) {
      for (int r = 0; r < ROWS; r++) {
        float d = scale(weights, firstRow + r, block);
        long lane = at + (long) block * kind.bytes + (long) r * Integer.BYTES;
        switch (kind) {
          case SYMMETRIC_HALVES -> {
            if (r < HALF_ROWS) {
              float high = scale(weights, firstRow + r + HALF_ROWS, block);
              PanelMatrix.putInt(target, lane, halves(d, high));
            }
          }
          case SYMMETRIC_FLOATS -> PanelMatrix.putInt(target, lane, Float.floatToRawIntBits(d));
          case OFFSET_HALVES ->
              PanelMatrix.putInt(target, lane, halves(d, minimum(weights, firstRow + r, block)));
          case OFFSET_FLOATS -> {
            float m = minimum(weights, firstRow + r, block);
            PanelMatrix.putInt(target, lane, Float.floatToRawIntBits(d));
            PanelMatrix.putInt(
                target, lane + (long) ROWS * Float.BYTES, Float.floatToRawIntBits(m));
          }
        }
      }
    }
  }

  private static int halves(float low, float high) {
    return Float.floatToFloat16(low) & 0xffff | Float.floatToFloat16(high) << 16;
  }

  /**
   * Computes what the products need of a panel.
   *
   * @param from address of the panel's scales
   * @param target address of f32 [blocks, 2, 32]: per block d, then m
   */
  void factors(long from, long target) {
    switch (kind) {
      case SYMMETRIC_HALVES -> symmetricHalves(from, target);
      case SYMMETRIC_FLOATS -> symmetricFloats(from, target);
      case OFFSET_HALVES -> offsetHalves(from, target);
      case OFFSET_FLOATS -> offsetFloats(from, target);
    }
  }

  private void symmetricHalves(long from, long target) {
    for (int block = 0; block < blocks; block++) {
      for (int r = 0; r < HALF_ROWS; r += LANES) {
        IntVector pair = IntVector.fromMemorySegment(INTS, ALL, from + 4L * r, NATIVE);
        FloatVector low = low(pair);
        FloatVector high = high(pair);
        low.intoMemorySegment(ALL, target + 4L * r, NATIVE);
        high.intoMemorySegment(ALL, target + 4L * (HALF_ROWS + r), NATIVE);
        low.mul(symmetric).intoMemorySegment(ALL, target + 4L * (ROWS + r), NATIVE);
        high.mul(symmetric).intoMemorySegment(ALL, target + 4L * (ROWS + HALF_ROWS + r), NATIVE);
      }
      from += Kind.SYMMETRIC_HALVES.bytes;
      target += FACTOR_BYTES;
    }
  }

  private void symmetricFloats(long from, long target) {
    for (int block = 0; block < blocks; block++) {
      for (int r = 0; r < ROWS; r += LANES) {
        FloatVector factor = FloatVector.fromMemorySegment(FLOATS, ALL, from + 4L * r, NATIVE);
        factor.intoMemorySegment(ALL, target + 4L * r, NATIVE);
        factor.mul(symmetric).intoMemorySegment(ALL, target + 4L * (ROWS + r), NATIVE);
      }
      from += Kind.SYMMETRIC_FLOATS.bytes;
      target += FACTOR_BYTES;
    }
  }

  private void offsetHalves(long from, long target) {
    for (int block = 0; block < blocks; block++) {
      for (int r = 0; r < ROWS; r += LANES) {
        IntVector pair = IntVector.fromMemorySegment(INTS, ALL, from + 4L * r, NATIVE);
        low(pair).intoMemorySegment(ALL, target + 4L * r, NATIVE);
        high(pair).intoMemorySegment(ALL, target + 4L * (ROWS + r), NATIVE);
      }
      from += Kind.OFFSET_HALVES.bytes;
      target += FACTOR_BYTES;
    }
  }

  private void offsetFloats(long from, long target) {
    for (int block = 0; block < blocks; block++) {
      for (int r = 0; r < ROWS; r += LANES) {
        FloatVector factor = FloatVector.fromMemorySegment(FLOATS, ALL, from + 4L * r, NATIVE);
        factor.intoMemorySegment(ALL, target + 4L * r, NATIVE);
        FloatVector.fromMemorySegment(FLOATS, ALL, from + 4L * (ROWS + r), NATIVE)
            .intoMemorySegment(ALL, target + 4L * (ROWS + r), NATIVE);
      }
      from += Kind.OFFSET_FLOATS.bytes;
      target += FACTOR_BYTES;
    }
  }

  /** The low halves as floats, exactly; infinities and NaN do not occur. */
  private static FloatVector low(IntVector pair) {
    return pair.lanewise(VectorOperators.LSHL, 13)
        .and(MAGNITUDE)
        .reinterpretAsFloats()
        .mul(REBIAS)
        .reinterpretAsInts()
        .or(pair.lanewise(VectorOperators.LSHL, 16).and(SIGN))
        .reinterpretAsFloats();
  }

  private static FloatVector high(IntVector pair) {
    return pair.lanewise(VectorOperators.LSHR, 3)
        .and(MAGNITUDE)
        .reinterpretAsFloats()
        .mul(REBIAS)
        .reinterpretAsInts()
        .or(pair.and(SIGN))
        .reinterpretAsFloats();
  }
}
