package io.talchum.model.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Runs the loops of {@link PanelProduct} until they are compiled: interpreted, the Vector API would
 * make the first requests wait for seconds. Any thread.
 */
public final class PanelWarmUp {
  private static final int COLUMNS = 64;
  private static final int BLOCK = 32;

  /** Found by trying: the next step is as fast as the thousandth. */
  private static final int ROUNDS = 500;

  /** Of every loop. */
  private static final int[] TOKENS = {1, 2, 4, 24};

  private PanelWarmUp() {}

  /** Those of the base's matrices; takes some tenths of a second of one core. */
  public static void run() {
    try (Arena arena = Arena.ofConfined()) {
      for (int tokens : TOKENS) {
        for (int bits : new int[] {4, 8}) {
          for (boolean symmetric : new boolean[] {true, false}) {
            for (float scale : new float[] {0.5f, 0.1f}) { // a half, and none
              run(matrix(bits, symmetric, scale, arena), tokens, arena);
            }
          }
        }
      }
    }
  }

  /** Those of adapters, in 16 bits. */
  public static void runForAdapters() {
    try (Arena arena = Arena.ofConfined()) {
      for (int tokens : TOKENS) {
        run(matrix(16, true, 0.1f, arena), tokens, arena);
      }
    }
  }

  private static PanelMatrix matrix(int bits, boolean symmetric, float scale, Arena arena) {
    MatrixShape shape = new MatrixShape(PanelMatrix.ROWS, COLUMNS, bits, BLOCK);
    int blocks = PanelMatrix.ROWS * COLUMNS / BLOCK;
    MemorySegment scales = arena.allocate((long) blocks * Float.BYTES, Float.BYTES);
    for (int i = 0; i < blocks; i++) {
      scales.setAtIndex(ValueLayout.JAVA_FLOAT, i, scale);
    }
    MemorySegment quants = arena.allocate((long) PanelMatrix.ROWS * COLUMNS * bits / Byte.SIZE);
    MemorySegment offsets = symmetric ? MemorySegment.NULL : scales;
    return new PanelMatrix(new QuantizedWeights(shape, quants, scales, offsets), arena);
  }

  private static void run(PanelMatrix matrix, int tokens, Arena arena) {
    MemorySegment x = arena.allocate((long) tokens * COLUMNS * Float.BYTES, Float.BYTES);
    long y = arena.allocate((long) tokens * PanelMatrix.ROWS * Float.BYTES, 64).address();
    PanelScratch scratch = new PanelScratch(arena);
    scratch.fit(matrix);
    PanelInputs inputs = new PanelInputs();
    for (int round = 0; round < ROUNDS; round++) {
      inputs.arrange(matrix, x, tokens);
      PanelProduct.run(matrix, inputs, 0, 1, y, scratch);
    }
  }
}
