package io.talchum.model.kernel.integer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.talchum.model.kernel.MatrixProduct;
import io.talchum.model.kernel.MatrixShape;
import io.talchum.model.kernel.QuantizedWeights;
import io.talchum.model.kernel.code.CpuFeatures;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The kernels against a scalar reference, in every instruction set that this machine has. */
class IntegerProductsTest {
  private static final int REFERENCES = 3; // tokens compared with the scalar product

  private final RandomGenerator random =
      RandomGeneratorFactory.of("L64X128MixRandom").create(20261201);

  record Case(
      InstructionSet set, int digits, int bits, boolean offsets, boolean halves, int blockSize) {}

  static Stream<Case> cases() {
    CpuFeatures cpu = CpuFeatures.read();
    return Arrays.stream(InstructionSet.values())
        .filter(set -> set.runsOn(cpu))
        .flatMap(
            set ->
                Stream.of(1, 2)
                    .flatMap(
                        digits ->
                            Stream.of(4, 8)
                                .flatMap(
                                    bits ->
                                        Stream.of(false, true)
                                            .flatMap(
                                                offsets ->
                                                    Stream.of(16, 32, 64)
                                                        .map(
                                                            block ->
                                                                new Case(
                                                                    set,
                                                                    digits,
                                                                    bits,
                                                                    offsets,
                                                                    block != 64,
                                                                    block))))));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void equalTheReferenceAndThemselvesInGroupsOfAnySize(Case of) {
    try (Arena arena = Arena.ofConfined()) {
      for (int columns : new int[] {of.blockSize(), 5 * of.blockSize() - 3, 192}) {
        for (int rows : new int[] {32, 70}) {
          check(of, new MatrixShape(rows, columns, of.bits(), of.blockSize()), arena);
        }
      }
    }
  }

  private void check(Case of, MatrixShape shape, Arena arena) {
    QuantizedWeights weights = weights(of, shape, arena);
    IntegerProducts products = new IntegerProducts(of.set(), of.digits());
    MatrixProduct product = products.of(weights, arena);
    int most = 21;
    float[] x = new float[most * shape.columns()];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextGaussian() * (random.nextInt(40) == 0 ? 30 : 1);
    }
    MemorySegment all = arena.allocateFrom(ValueLayout.JAVA_FLOAT, x);
    int block = shape.blockSize() == 16 ? 16 : 32;
    InputFormat inputs = new InputFormat(block, of.digits(), 1);
    float[][] alone = new float[most][];
    for (int token = 0; token < most; token++) {
      long row = 4L * shape.columns();
      alone[token] = run(product, all.asSlice(token * row, row), 1, shape.rows(), arena);
      if (token < REFERENCES) {
        double[] expected =
            ScalarProduct.multiply(
                weights,
                Arrays.copyOfRange(x, token * shape.columns(), (token + 1) * shape.columns()),
                inputs);
        double size = Math.sqrt(Arrays.stream(expected).map(y -> y * y).average().orElseThrow());
        for (int r = 0; r < shape.rows(); r++) {
          assertThat((double) alone[token][r]).isCloseTo(expected[r], within(1e-6 * (size + 1)));
        }
      }
    }
    for (int tokens : new int[] {2, 3, 4, 5, 6, 7, 8, 16, 21}) {
      float[] together = run(product, all, tokens, shape.rows(), arena);
      for (int token = 0; token < tokens; token++) {
        int from = token * shape.rows();
        float[] mine = Arrays.copyOfRange(together, from, from + shape.rows());
        assertThat(Arrays.equals(mine, alone[token]))
            .as("token %d of %d has the bits of its run alone", token, tokens)
            .isTrue();
      }
    }
  }

  private static float[] run(
      MatrixProduct product, MemorySegment x, int tokens, int rows, Arena arena) {
    MemorySegment y = arena.allocate(4L * tokens * rows + 64, 64);
    y.fill((byte) 0x7f);
    product.arrange(x, tokens, MatrixProduct.UNKNOWN);
    product.multiply(0, 1, y.address());
    product.multiply(1, product.panels(), y.address());
    assertThat(y.asSlice(4L * tokens * rows).toArray(ValueLayout.JAVA_BYTE))
        .as("nothing is written behind the outputs")
        .containsOnly(0x7f);
    return y.asSlice(0, 4L * tokens * rows).toArray(ValueLayout.JAVA_FLOAT);
  }

  private QuantizedWeights weights(Case of, MatrixShape shape, Arena arena) {
    int blocks = shape.rows() * shape.blocks();
    byte[] quants = new byte[blocks * shape.blockSize() * shape.bits() / 8];
    random.nextBytes(quants);
    MemorySegment scales = arena.allocate(4L * blocks, 4);
    MemorySegment offsets = of.offsets() ? arena.allocate(4L * blocks, 4) : MemorySegment.NULL;
    for (int i = 0; i < blocks; i++) {
      float d = factor(of.halves(), 0.02f);
      scales.setAtIndex(ValueLayout.JAVA_FLOAT, i, d);
    }
    for (int row = 0; of.offsets() && row < shape.rows(); row++) {
      for (int block = 0; block < shape.blocks(); block++) {
        float d = scales.getAtIndex(ValueLayout.JAVA_FLOAT, (long) row * shape.blocks() + block);
        float m = factor(of.halves(), 0.1f) + (of.bits() == 4 ? 8 * d : 0);
        offsets.setAtIndex(ValueLayout.JAVA_FLOAT, (long) block * shape.rows() + row, m);
      }
    }
    return new QuantizedWeights(
        shape, arena.allocateFrom(ValueLayout.JAVA_BYTE, quants), scales, offsets);
  }

  private float factor(boolean half, float about) {
    float value = (float) (about * (0.5 + random.nextDouble()));
    return half ? Float.float16ToFloat(Float.floatToFloat16(value)) : value;
  }

  /** Sums at their ends: all weights and all inputs as large as they can be. */
  @ParameterizedTest
  @MethodSource("cases")
  void largestSumsDoNotOverflow(Case of) {
    MatrixShape shape = new MatrixShape(32, 64, of.bits(), of.blockSize());
    try (Arena arena = Arena.ofConfined()) {
      int blocks = shape.rows() * shape.blocks();
      MemorySegment quants =
          arena.allocate((long) blocks * shape.blockSize() * shape.bits() / 8, 4);
      MemorySegment scales = arena.allocate(4L * blocks, 4);
      MemorySegment offsets = of.offsets() ? arena.allocate(4L * blocks, 4) : MemorySegment.NULL;
      for (int i = 0; i < blocks; i++) {
        scales.setAtIndex(ValueLayout.JAVA_FLOAT, i, 1);
      }
      for (int fill : new int[] {0, 0xff}) {
        quants.fill((byte) fill);
        QuantizedWeights weights = new QuantizedWeights(shape, quants, scales, offsets);
        MatrixProduct product = new IntegerProducts(of.set(), of.digits()).of(weights, arena);
        for (float value : new float[] {3, -3}) {
          float[] x = new float[shape.columns()];
          Arrays.fill(x, value);
          float[] y =
              run(product, arena.allocateFrom(ValueLayout.JAVA_FLOAT, x), 1, shape.rows(), arena);
          double[] expected =
              ScalarProduct.multiply(
                  weights, x, new InputFormat(of.blockSize() == 16 ? 16 : 32, of.digits(), 1));
          for (int r = 0; r < y.length; r++) {
            assertThat((double) y[r])
                .isCloseTo(expected[r], within(1e-6 * Math.abs(expected[r]) + 1e-9));
          }
        }
      }
    }
  }

  @Test
  void somethingRunsHere() {
    assertThat(cases().map(Case::set).distinct().toList())
        .isEqualTo(
            Arrays.stream(InstructionSet.values())
                .filter(set -> set.runsOn(CpuFeatures.read()))
                .toList());
    assertThat(List.of(InstructionSet.values())).hasSize(5);
  }
}
