package io.talchum.model.kernel.integer;

import io.talchum.model.kernel.QuantizedWeights;

/**
 * How a matrix's weights lie in memory: panels of 32 rows, each a record per block of columns. A
 * record is the scales d [32], the offsets m [32] if there are any, then int [columns * bits / 32]
 * [32] of quants: an int holds four bytes of consecutive columns of one row, or eight nibbles, of
 * which the low ones of its four bytes are columns 0 to 3 and the high ones columns 4 to 7.
 *
 * @param bits of a quant, 4 or 8
 * @param hasOffsets whether a weight is d q + m instead of d (q - 2^(bits - 1))
 * @param halves whether d and m are f16 instead of f32
 * @param columns of a block, 16 or 32
 */
record PanelFormat(int bits, boolean hasOffsets, boolean halves, int columns) {
  /** Of a panel. */
  static final int ROWS = 32;

  PanelFormat {
    if (bits != 4 && bits != 8) {
      throw new IllegalArgumentException("there are quants of 4 and of 8 bits, not of " + bits);
    }
  }

  /** Blocks of 16 keep their size; larger ones are pieces of 32 with the same scale. */
  static PanelFormat of(QuantizedWeights weights) {
    int columns = weights.shape().blockSize() % 32 == 0 ? 32 : 16;
    return new PanelFormat(
        weights.shape().bits(), weights.hasOffsets(), weights.factorsAreHalves(), columns);
  }

  /** Bytes of d or of m of one row. */
  int factorBytes() {
    return halves ? Short.BYTES : Float.BYTES;
  }

  /** Where a record's offsets begin. */
  int offsetsAt() {
    return ROWS * factorBytes();
  }

  /** Where a record's quants begin. */
  int quantsAt() {
    return (hasOffsets ? 2 : 1) * ROWS * factorBytes();
  }

  /** Ints of a row in a block. */
  int groups() {
    return columns * bits / Integer.SIZE;
  }

  /** Bytes of the ints of one group of columns. */
  static int groupBytes() {
    return ROWS * Integer.BYTES;
  }

  int recordBytes() {
    return quantsAt() + groups() * groupBytes();
  }
}
