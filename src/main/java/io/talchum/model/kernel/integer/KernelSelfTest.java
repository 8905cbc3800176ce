package io.talchum.model.kernel.integer;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.talchum.model.kernel.MatrixProduct;
import io.talchum.model.kernel.MatrixShape;
import io.talchum.model.kernel.QuantizedWeights;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Compares the kernels of one format with {@link ScalarProduct}, and groups of each size with each
 * other, before they are used: a processor, or what imitates one, may not do what it promises.
 */
final class KernelSelfTest {
  private static final int ROWS = PanelFormat.ROWS + 3; // a whole panel and a part of one
  private static final int BLOCKS = 3;
  private static final int REFERENCES = 2; // tokens that are compared with the scalar product
  private static final double TOLERANCE = 1e-5; // of an output's size

  private final PanelFormat format;
  private final InputFormat inputs;
  private final SplittableRandom random = new SplittableRandom(1);

  KernelSelfTest(PanelFormat format, int digits) {
    this.format = format;
    this.inputs = new InputFormat(format.columns(), digits, 1);
  }

  /** A matrix in the kernels' format. */
  QuantizedWeights weights(Arena arena) {
    MatrixShape shape =
        new MatrixShape(ROWS, BLOCKS * format.columns() - 1, format.bits(), format.columns());
    int blocks = ROWS * BLOCKS;
    byte[] quants = new byte[blocks * format.columns() * format.bits() / Byte.SIZE];
    random.nextBytes(quants);
    return new QuantizedWeights(
        shape,
        arena.allocateFrom(ValueLayout.JAVA_BYTE, quants),
        factors(arena, blocks),
        format.hasOffsets() ? factors(arena, blocks) : MemorySegment.NULL);
  }

  /** Halves, or floats that no half is. */
  private MemorySegment factors(Arena arena, int count) {
    float unit = format.halves() ? 0x1p-10f : 0.001f;
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (1 + random.nextInt(64)) * unit;
    }
    return arena.allocateFrom(JAVA_FLOAT, values);
  }

  /**
   * Runs the product of {@link #weights}, in groups of every size that the instructions have.
   *
   * @throws KernelsUnusableException if an output is wrong
   */
  void run(QuantizedWeights weights, MatrixProduct product, InstructionSet set)
      throws KernelsUnusableException {
    int columns = weights.shape().columns();
    int most = 2 * set.manyTokens() + set.fewTokens();
    float[] x = new float[most * columns];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextGaussian();
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment all = arena.allocateFrom(JAVA_FLOAT, x);
      float[] alone = new float[most * ROWS];
      for (int token = 0; token < most; token++) {
        long row = (long) columns * Float.BYTES;
        float[] y = multiply(product, all.asSlice(token * row, row), 1, arena);
        System.arraycopy(y, 0, alone, token * ROWS, ROWS);
        if (token < REFERENCES) {
          int from = token * columns;
          float[] one = Arrays.copyOfRange(x, from, from + columns);
          check(y, ScalarProduct.multiply(weights, one, inputs));
        }
      }
      for (int tokens = most - set.fewTokens() + 1; tokens <= most; tokens++) {
        float[] together = multiply(product, all, tokens, arena);
        if (!Arrays.equals(together, Arrays.copyOf(alone, together.length))) {
          throw new KernelsUnusableException(
              "the self-test of its kernels gave another product in a batch than alone");
        }
      }
    }
  }

  private static float[] multiply(MatrixProduct product, MemorySegment x, int tokens, Arena arena) {
    MemorySegment y = arena.allocate((long) tokens * ROWS * Float.BYTES, Long.BYTES);
    product.arrange(x, tokens, MatrixProduct.UNKNOWN);
    product.multiply(0, product.panels(), y.address());
    return y.toArray(JAVA_FLOAT);
  }

  private static void check(float[] actual, double[] expected) throws KernelsUnusableException {
    double size = Math.sqrt(Arrays.stream(expected).map(y -> y * y).average().orElse(0));
    for (int row = 0; row < ROWS; row++) {
      if (!(Math.abs(actual[row] - expected[row]) <= TOLERANCE * size)) {
        throw new KernelsUnusableException(
            "the self-test of its kernels gave %s instead of %s"
                .formatted(actual[row], (float) expected[row]));
      }
    }
  }
}
