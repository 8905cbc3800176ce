package io.talchum.model.kernel;

import static io.talchum.model.kernel.Native.ALL;
import static io.talchum.model.kernel.PanelInputs.EIGHT;
import static io.talchum.model.kernel.PanelInputs.FOUR;
import static io.talchum.model.kernel.PanelMatrix.ROWS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import java.lang.foreign.MemorySegment;
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

  static final long TILE_STRIDE = ROWS * Float.BYTES;

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
      if (x.eights() > 0 || x.restWidth() == EIGHT) {
        unpacked(matrix, x, panel, outputs, scratch);
      }
      int done = x.eights() * EIGHT;
      if (x.restWidth() == 1) {
        for (int i = 0; i < x.rest(); i++) {
          tile(matrix, x, panel, done + i, 1, 1, outputs, scratch);
        }
      } else if (x.restWidth() == FOUR) {
        tile(matrix, x, panel, done, FOUR, x.rest(), outputs, scratch);
      }
    }
  }

  /**
   * Where the loops may write: the outputs themselves, or the scratch tile for what hangs over an
   * edge, of which the part inside is then copied.
   */
  private static final class Outputs {
    private final long panel; // address of the first token's outputs of the panel
    private final long rowStride;
    private final long bytes; // of a token's outputs inside the matrix
    private final long tile;
    private long target;
    private int tokens;
    private boolean isInside;

    Outputs(PanelMatrix matrix, int panel, long y, long tile) {
      this.panel = y + (long) panel * ROWS * Float.BYTES;
      this.rowStride = (long) matrix.rows() * Float.BYTES;
      this.bytes = (long) Math.min(ROWS, matrix.rows() - panel * ROWS) * Float.BYTES;
      this.tile = tile;
    }

    /**
     * Begins some tokens.
     *
     * @param width tokens that the loop writes, of which {@code tokens} are real
     */
    void begin(int token, int width, int tokens) {
      this.target = panel + token * rowStride;
      this.tokens = tokens;
      this.isInside = bytes == TILE_STRIDE && tokens == width;
    }

    long at() {
      return isInside ? target : tile;
    }

    long stride() {
      return isInside ? rowStride : TILE_STRIDE;
    }

    void end() {
      for (int i = 0; !isInside && i < tokens; i++) {
        MemorySegment.copy(ALL, tile + i * TILE_STRIDE, ALL, target + i * rowStride, bytes);
      }
    }

    /**
     * Writes some tokens, or adds to them.
     *
     * @param sums f32 [tokens, 32]
     */
    void put(float[] sums, int token, int tokens, boolean add) {
      for (int i = 0; i < tokens; i++) {
        long row = panel + (token + i) * rowStride;
        if (bytes == TILE_STRIDE) {
          FloatTile.put(sums, i * ROWS, row, add);
          continue;
        }
        for (int r = 0; r < bytes / Float.BYTES; r++) {
          long at = row + (long) r * Float.BYTES;
          float before = add ? ALL.get(JAVA_FLOAT_UNALIGNED, at) : 0;
          ALL.set(JAVA_FLOAT_UNALIGNED, at, sums[i * ROWS + r] + before);
        }
      }
    }
  }

  /**
   * All groups of eight tokens, the last perhaps with empty places, of one panel, whose weights are
   * unpacked once.
   */
  private static void unpacked(
      PanelMatrix matrix, PanelInputs x, int panel, Outputs y, PanelScratch buffers) {
    int eights = x.restWidth() == EIGHT ? x.eights() + 1 : x.eights();
    int perChunk = Math.max(1, CHUNK_COLUMNS / matrix.blockSize());
    for (int block = 0; block < matrix.blocks(); block += perChunk) {
      int blocks = Math.min(perChunk, matrix.blocks() - block);
      unpack(matrix, panel, block, blocks, buffers);
      int columns = blocks * matrix.blockSize();
      for (int group = 0; group < eights; group++) {
        int from = (group * matrix.paddedColumns() + block * matrix.blockSize()) * EIGHT;
        for (int strip = 0; strip < ROWS / 2; strip += STRIP) {
          FloatTile.eight(buffers.weights(), strip, x.values(), from, columns, buffers.sums());
        }
        int tokens = group < x.eights() ? EIGHT : x.rest();
        y.put(buffers.sums(), group * EIGHT, tokens, block > 0);
      }
    }
  }

  private static void unpack(
      PanelMatrix matrix, int panel, int block, int blocks, PanelScratch buffers) {
    int groups = matrix.groupsPerBlock();
    long quants = matrix.quantsAt(panel) + (long) block * groups * ROWS * Integer.BYTES;
    long factors = buffers.factors() + block * PanelScales.FACTOR_BYTES;
    for (int strip = 0; strip < ROWS / 2; strip += STRIP) {
      long shift = (long) strip * Integer.BYTES;
      float[] w = buffers.weights();
      switch (matrix.bits()) {
        case 4 -> NibbleProduct.unpack(quants + shift, factors + shift, blocks, groups, w, strip);
        case 8 -> ByteProduct.unpack(quants + shift, factors + shift, blocks, groups, w, strip);
        default -> ShortProduct.unpack(quants + shift, factors + shift, blocks, groups, w, strip);
      }
    }
  }

  /** Some tokens of one panel. */
  private static void tile(
      PanelMatrix matrix,
      PanelInputs x,
      int panel,
      int token,
      int width,
      int tokens,
      Outputs y,
      PanelScratch buffers) {
    y.begin(token, width, tokens);
    for (int strip = 0; strip < ROWS / 2; strip += STRIP) {
      long shift = (long) strip * Integer.BYTES;
      multiply(
          matrix,
          x,
          matrix.quantsAt(panel) + shift,
          buffers.factors() + shift,
          token,
          width,
          y.at() + shift,
          y.stride());
    }
    y.end();
  }

  private static void multiply(
      PanelMatrix matrix,
      PanelInputs x,
      long quants,
      long factors,
      int token,
      int width,
      long y,
      long yStride) {
    int blocks = matrix.blocks();
    int groups = matrix.groupsPerBlock();
    int from = token * matrix.paddedColumns();
    int bits = matrix.bits();
    float[] v = x.values();
    switch (width) {
      case 1 -> {
        int at = (token - x.eights() * EIGHT) * blocks;
        switch (bits) {
          case 4 -> NibbleProduct.one(quants, factors, blocks, groups, v, from, x.sums(), at, y);
          case 8 -> ByteProduct.one(quants, factors, blocks, groups, v, from, x.sums(), at, y);
          default -> ShortProduct.one(quants, factors, blocks, groups, v, from, x.sums(), at, y);
        }
      }
      case FOUR -> {
        switch (bits) {
          case 4 -> NibbleProduct.four(quants, factors, blocks, groups, v, from, y, yStride);
          case 8 -> ByteProduct.four(quants, factors, blocks, groups, v, from, y, yStride);
          default -> ShortProduct.four(quants, factors, blocks, groups, v, from, y, yStride);
        }
      }
      default -> throw new IllegalArgumentException("no loop for " + width + " tokens");
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
