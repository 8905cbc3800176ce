package io.talchum.model.onnx.math;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.adapter.FloatValues;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Wide matrices, as they are and rounded, against sums in double precision. */
class FullRankProductTest {
  private final SplittableRandom random = new SplittableRandom(11);

  @ParameterizedTest
  @CsvSource({"1,64,64", "2,70,100", "3,33,1", "7,32,64", "8,64,200", "40,96,576"})
  void productsAreAddedOrPut(int tokens, int rows, int columns) {
    float[] matrix = normal(rows * columns);
    float[] x = normal(2 * tokens * columns);
    for (boolean round : new boolean[] {false, true}) {
      for (boolean add : new boolean[] {false, true}) {
        float[] y = product(matrix, rows, x, tokens, new Run(round, add));
        for (int t = 0; t < tokens; t++) {
          for (int row = 0; row < rows; row++) {
            double expected = add ? 1 : 0;
            double size = 1;
            for (int i = 0; i < columns; i++) {
              double term = (double) matrix[row * columns + i] * x[2 * t * columns + i];
              expected += term;
              size += Math.abs(term);
            }
            assertThat((double) y[t * rows + row])
                .as("token %d, row %d, rounded %s, added %s", t, row, round, add)
                .isBetween(expected - 5e-5 * size, expected + 5e-5 * size);
          }
        }
      }
    }
  }

  private record Run(boolean round, boolean add) {}

  /** Every second vector of x is a token; y is ones before. */
  private static float[] product(float[] matrix, int rows, float[] x, int tokens, Run run) {
    int columns = matrix.length / rows;
    try (Arena arena = Arena.ofConfined()) {
      FullRankMatrix wide =
          FullRankMatrix.of(arena, FloatValues.of(matrix), rows, columns, run.round());
      int[] even = IntStream.range(0, tokens).map(i -> 2 * i).toArray();
      TokenRows inputs = new TokenRows(AdapterMatrix.vector(arena, x), columns, even, tokens);
      float[] ones = new float[tokens * rows];
      java.util.Arrays.fill(ones, 1);
      MemorySegment y = AdapterMatrix.vector(arena, ones);
      TokenRows target = new TokenRows(y, rows, IntStream.range(0, tokens).toArray(), tokens);
      FullRankProduct product = new FullRankProduct();
      product.begin(wide, inputs);
      FullRankScratch scratch = new FullRankScratch();
      for (int task = wide.tasks() - 1; task >= 0; task--) {
        product.run(wide, task, inputs, new FullRankProduct.Outputs(target, 0, run.add()), scratch);
      }
      return y.toArray(ValueLayout.JAVA_FLOAT);
    }
  }

  @Test
  void roundingChangesLittleAndZerosNotAtAll() {
    assertThat(new RoundedMatrix(normal(64 * 576), 64, 576).error()).isBetween(1e-6, 3e-5);
    assertThat(new RoundedMatrix(new float[64 * 576], 64, 576).error()).isZero();
    float[] zeros = new float[64 * 100];
    float[] x = normal(2 * 3 * 100);
    assertThat(product(zeros, 64, x, 3, new Run(true, true))).containsOnly(1);
    assertThat(product(zeros, 64, x, 1, new Run(true, true))).containsOnly(1);
  }

  @Test
  void tinyAndHugeNumbersStayFinite() {
    float[] matrix = new float[2 * 64];
    matrix[0] = Float.MIN_VALUE;
    matrix[64] = 1e30f;
    RoundedMatrix rounded = new RoundedMatrix(matrix, 2, 64);
    assertThat(rounded.error()).isLessThan(1e-6);
    float[] x = new float[2 * 64];
    x[0] = 0.5f;
    float[] y = product(matrix, 2, x, 1, new Run(true, false));
    assertThat(y[0]).isZero();
    assertThat(y[1]).isFinite();
  }

  private float[] normal(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
