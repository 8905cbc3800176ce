package io.talchum.model.kernel;

import static io.talchum.model.kernel.Native.ALL;
import static io.talchum.model.kernel.PanelInputs.EIGHT;
import static io.talchum.model.kernel.PanelMatrix.ROWS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * y = W x for a range of panels, in fp32 with the weights' exact values. One thread at a time per
 * scratch.
 */
public final class PanelProduct {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final ByteOrder NATIVE = ByteOrder.nativeOrder();
  private static final int LANES = FLOATS.length();
  private static final int STRIP = Math.min(LANES, ROWS / 2); // rows r .. and r + 16 .. of a call

  /** Unpacked at a time, so that they stay in a core's cache. */
  static final int CHUNK_COLUMNS = 2048;

  private PanelProduct() {}

  /**
   * Writes the outputs of some panels.
   *
   * @param y address of f32 [tokens, rows of the matrix]
   * @param scratch that fits the matrix
   */
  public static void run(
      PanelMatrix matrix,
      PanelInputs x,
      int firstPanel,
      int endPanel,
      long y,
      PanelScratch scratch) {
    for (int panel = firstPanel; panel < endPanel; panel++) {
      matrix.scales().factors(matrix.scalesAt(panel), scratch.factors());
      Outputs outputs = new Outputs(matrix, panel, y, scratch.tile());
      if (x.eights() > 0) {
        unpacked(matrix, x, panel, outputs, scratch);
      }
      for (int token = x.eights() * EIGHT; token < x.tokens(); token += x.width(token)) {
        packed(matrix, x, panel, token, scratch);
        outputs.put(token, Math.min(x.width(token), x.tokens() - token), false);
      }
    }
  }

  /**
   * Where a panel's products go.
   *
   * @param y address of f32 [tokens, rows of the matrix]
   * @param tile f32 [8, 32]
   */
  private record Outputs(PanelMatrix matrix, int panel, long y, float[] tile) {
    /** Writes the tile's first tokens, or adds them. */
    void put(int token, int tokens, boolean add) {
      int first = panel * ROWS;
      int rows = Math.min(ROWS, matrix.rows() - first);
      for (int i = 0; i < tokens; i++) {
        long row = y + ((long) (token + i) * matrix.rows() + first) * Float.BYTES;
        if (rows == ROWS) {
          FloatTile.put(tile, i * ROWS, row, add);
          continue;
        }
        for (int r = 0; r < rows; r++) {
          long at = row + (long) r * Float.BYTES;
          float before = add ? ALL.get(JAVA_FLOAT_UNALIGNED, at) : 0;
          ALL.set(JAVA_FLOAT_UNALIGNED, at, tile[i * ROWS + r] + before);
        }
      }
    }
  }

  /** All groups of eight tokens of one panel, whose weights are unpacked once. */
  private static void unpacked(
      PanelMatrix matrix, PanelInputs x, int panel, Outputs y, PanelScratch scratch) {
    int perChunk = Math.max(1, CHUNK_COLUMNS / matrix.blockSize());
    for (int block = 0; block < matrix.blocks(); block += perChunk) {
      int blocks = Math.min(perChunk, matrix.blocks() - block);
      unpack(matrix, panel, block, blocks, scratch);
      int columns = blocks * matrix.blockSize();
      for (int group = 0; group < x.eights(); group++) {
        int from = (group * matrix.paddedColumns() + block * matrix.blockSize()) * EIGHT;
        for (int strip = 0; strip < ROWS / 2; strip += STRIP) {
          FloatTile.eight(scratch.weights(), strip, x.values(), from, columns, scratch.tile());
        }
        y.put(group * EIGHT, EIGHT, block > 0);
      }
    }
  }

  private static void unpack(
      PanelMatrix matrix, int panel, int block, int blocks, PanelScratch scratch) {
    int groups = matrix.groupsPerBlock();
    long quants = matrix.quantsAt(panel) + (long) block * groups * ROWS * Integer.BYTES;
    long factors = scratch.factors() + block * PanelScales.FACTOR_BYTES;
    for (int strip = 0; strip < ROWS / 2; strip += STRIP) {
      long shift = (long) strip * Integer.BYTES;
      PackedProduct.unpack(
          quants + shift, factors + shift, blocks, groups, matrix.bits(), scratch.weights(), strip);
    }
  }

  /** A group of up to four tokens of one panel, whose weights are unpacked on their way. */
  private static void packed(
      PanelMatrix matrix, PanelInputs x, int panel, int token, PanelScratch scratch) {
    float[] tile = scratch.tile();
    for (int strip = 0; strip < ROWS / 2; strip += STRIP) {
      long quants = matrix.quantsAt(panel) + (long) strip * Integer.BYTES;
      long factors = scratch.factors() + (long) strip * Integer.BYTES;
      switch (x.width(token)) {
        case 1 -> PackedProduct.one(quants, factors, matrix, x, token, tile, strip);
        case 2 -> PackedProduct.two(quants, factors, matrix, x, token, tile, strip);
        default -> PackedProduct.four(quants, factors, matrix, x, token, tile, strip);
      }
    }
  }

  /**
   * Adds a bias to every token.
   *
   * @param bias address of f32 [rows]
   * @param y address of f32 [tokens, rows]
   */
  public static void addBias(long bias, long y, int tokens, int rows) {
    int whole = FLOATS.loopBound(rows);
    for (int token = 0; token < tokens; token++) {
      long row = y + (long) token * rows * Float.BYTES;
      for (int i = 0; i < whole; i += LANES) {
        long at = (long) i * Float.BYTES;
        FloatVector.fromMemorySegment(FLOATS, ALL, row + at, NATIVE)
            .add(FloatVector.fromMemorySegment(FLOATS, ALL, bias + at, NATIVE))
            .intoMemorySegment(ALL, row + at, NATIVE);
      }
      for (int i = whole; i < rows; i++) {
        long at = (long) i * Float.BYTES;
        float sum =
            ALL.get(JAVA_FLOAT_UNALIGNED, row + at) + ALL.get(JAVA_FLOAT_UNALIGNED, bias + at);
        ALL.set(JAVA_FLOAT_UNALIGNED, row + at, sum);
      }
    }
  }
}
