package io.talchum.model.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Runs the loops of {@link PanelProduct} until they are compiled: interpreted, the Vector API would
 * make the first requests wait for seconds. Any thread.
 */
public final class PanelWarmUp {
  private static final int COLUMNS = 64;
  private static final int BLOCK = 32;

  /** Found by trying: the next step is as fast as the thousandth. */
  private static final int ROUNDS = 1200;

  /** What a first request needs first: unpacked panels, one token, four tokens. */
  private static final int[] TOKENS = {8, 1, 4};

  private PanelWarmUp() {}

  /** Takes some tenths of a second of one core for each kind of matrix among the given ones. */
  public static void run(Collection<PanelMatrix> matrices) {
    Set<Loops> kinds = new LinkedHashSet<>();
    matrices.forEach(matrix -> kinds.add(Loops.of(matrix)));
    try (Arena arena = Arena.ofConfined()) {
      for (int tokens : TOKENS) {
        for (Loops kind : kinds) {
          run(matrix(kind, arena), tokens, arena);
        }
      }
    }
  }

  /** What decides which loops a matrix takes. */
  private record Loops(int bits, boolean symmetric, boolean halves) {
    static Loops of(PanelMatrix matrix) {
      PanelScales scales = matrix.scales();
      return new Loops(matrix.bits(), scales.areSymmetric(), scales.areHalves());
    }
  }

  private static PanelMatrix matrix(Loops kind, Arena arena) {
    PanelMatrix.Shape shape = new PanelMatrix.Shape(PanelMatrix.ROWS, COLUMNS, kind.bits(), BLOCK);
    int blocks = PanelMatrix.ROWS * COLUMNS / BLOCK;
    MemorySegment scales = arena.allocate((long) blocks * Float.BYTES, Float.BYTES);
    for (int i = 0; i < blocks; i++) {
      scales.setAtIndex(ValueLayout.JAVA_FLOAT, i, kind.halves() ? 0.5f : 0.1f);
    }
    return new PanelMatrix(
        shape,
        arena.allocate((long) PanelMatrix.ROWS * COLUMNS * kind.bits() / Byte.SIZE),
        scales,
        kind.symmetric() ? MemorySegment.NULL : scales,
        arena);
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
