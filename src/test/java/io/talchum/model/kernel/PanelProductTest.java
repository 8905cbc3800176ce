package io.talchum.model.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against sums in double precision over the same weights, at every width and edge. */
class PanelProductTest {
  private static final int[] TOKENS =
      IntStream.concat(IntStream.rangeClosed(1, 9), IntStream.of(16, 27)).toArray();
  private static final float UNTOUCHED = 12345;

  @ParameterizedTest
  @CsvSource({
    "4, 32, true",
    "4, 16, true",
    "4, 128, true",
    "4, 32, false",
    "4, 16, false",
    "8, 32, true",
    "8, 16, true",
    "8, 32, false",
    "16, 64, true"
  })
  void productsAreThoseOfTheWeights(int bits, int blockSize, boolean symmetric) {
    for (boolean halves : new boolean[] {true, false}) {
      for (int rows : new int[] {1, 32, 70}) {
        for (int columns : new int[] {blockSize, 3 * blockSize, 2 * blockSize + 5, 2304}) {
          check(new Case(bits, blockSize, symmetric, halves, rows, columns));
        }
      }
    }
  }

  private record Case(
      int bits, int blockSize, boolean symmetric, boolean halves, int rows, int columns) {
    int blocks() {
      return Math.ceilDiv(columns, blockSize);
    }
  }

  private static void check(Case test) {
    SplittableRandom random = new SplittableRandom(test.hashCode());
    try (Arena arena = Arena.ofConfined()) {
      int blocks = test.blocks();
      int padded = blocks * test.blockSize();
      MemorySegment quants =
          arena.allocate((long) test.rows() * padded * test.bits() / 8).fill((byte) 0);
      for (long i = 0; i < quants.byteSize(); i++) {
        quants.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt());
      }
      MemorySegment scales = floats(arena, test.rows() * blocks, random, test.halves());
      MemorySegment offsets =
          test.symmetric()
              ? MemorySegment.NULL
              : floats(arena, test.rows() * blocks, random, test.halves());
      PanelMatrix matrix =
          new PanelMatrix(
              new QuantizedWeights(
                  new MatrixShape(test.rows(), test.columns(), test.bits(), test.blockSize()),
                  quants,
                  scales,
                  offsets),
              arena);
      double[][] weights = weights(test, quants, scales, offsets);
      PanelScratch scratch = new PanelScratch(arena);
      scratch.fit(matrix);
      for (int tokens : TOKENS) {
        multiply(test, matrix, weights, tokens, random, scratch, arena);
      }
    }
  }

  private static void multiply(
      Case test,
      PanelMatrix matrix,
      double[][] weights,
      int tokens,
      SplittableRandom random,
      PanelScratch scratch,
      Arena arena) {
    MemorySegment x = floats(arena, tokens * test.columns(), random, false);
    MemorySegment y = arena.allocate((tokens * test.rows() + 1L) * Float.BYTES, 64);
    int outputs = tokens * test.rows();
    y.setAtIndex(ValueLayout.JAVA_FLOAT, outputs, UNTOUCHED);
    PanelInputs inputs = new PanelInputs();
    inputs.arrange(matrix, x, tokens);
    int half = matrix.panels() / 2;
    PanelProduct.run(matrix, inputs, 0, half, y.address(), scratch);
    PanelProduct.run(matrix, inputs, half, matrix.panels(), y.address(), scratch);
    for (int token = 0; token < tokens; token++) {
      for (int row = 0; row < test.rows(); row++) {
        double sum = 0;
        double size = 0;
        for (int k = 0; k < test.columns(); k++) {
          double term =
              weights[row][k]
                  * x.getAtIndex(ValueLayout.JAVA_FLOAT, (long) token * test.columns() + k);
          sum += term;
          size += Math.abs(term);
        }
        assertThat((double) y.getAtIndex(ValueLayout.JAVA_FLOAT, (long) token * test.rows() + row))
            .as("%s, %d tokens, token %d, row %d", test, tokens, token, row)
            .isCloseTo(sum, within(1e-5 * size + 1e-6));
      }
    }
    assertThat(y.getAtIndex(ValueLayout.JAVA_FLOAT, outputs)).isEqualTo(UNTOUCHED);
  }

  /** w = scale (q - zero) + offset. */
  private static double[][] weights(
      Case test, MemorySegment quants, MemorySegment scales, MemorySegment offsets) {
    int blocks = test.blocks();
    double[][] weights = new double[test.rows()][test.columns()];
    for (int row = 0; row < test.rows(); row++) {
      for (int k = 0; k < test.columns(); k++) {
        long index = (long) row * blocks * test.blockSize() + k;
        int q =
            switch (test.bits()) {
              case 4 -> quants.get(ValueLayout.JAVA_BYTE, index / 2) >> 4 * (index & 1) & 15;
              case 8 -> quants.get(ValueLayout.JAVA_BYTE, index) & 255;
              default -> quants.get(ValueLayout.JAVA_SHORT_UNALIGNED, 2 * index) & 65535;
            };
        int block = k / test.blockSize();
        double scale = scales.getAtIndex(ValueLayout.JAVA_FLOAT, (long) row * blocks + block);
        double offset =
            test.symmetric()
                ? 0
                : offsets.getAtIndex(ValueLayout.JAVA_FLOAT, (long) block * test.rows() + row);
        int zero = test.bits() == 4 ? 8 : test.symmetric() ? 1 << (test.bits() - 1) : 0;
        weights[row][k] = scale * (q - zero) + offset;
      }
    }
    return weights;
  }

  private static MemorySegment floats(
      Arena arena, int count, SplittableRandom random, boolean halves) {
    MemorySegment values = arena.allocate((long) count * Float.BYTES, 64);
    for (int i = 0; i < count; i++) {
      float value = (float) (random.nextDouble() - 0.5);
      if (halves) {
        value = Math.round(value * 64) / 64f; // sums with 8 times another stay halves
      }
      values.setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
    }
    return values;
  }
}
