package io.talchum.model.kernel.integer;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.talchum.model.kernel.MatrixProduct;
import io.talchum.model.kernel.MatrixShape;
import io.talchum.model.kernel.QuantizedWeights;
import io.talchum.model.kernel.code.CpuFeatures;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Products of random shapes against the scalar one; a program of its own, since a wrong kernel may
 * end the process. Arguments: seed, number of shapes. Its last line says how many were right.
 */
public final class KernelFuzz {
  private static final int MARGIN_BYTES = 64; // behind the outputs, must stay as they were
  private static final byte UNTOUCHED = 0x5a;

  private final SplittableRandom random;
  private final List<IntegerProducts> products = new ArrayList<>();
  private final List<Integer> digits = new ArrayList<>();

  private KernelFuzz(long seed) {
    this.random = new SplittableRandom(seed);
    CpuFeatures cpu = CpuFeatures.read();
    for (InstructionSet set : InstructionSet.values()) {
      for (int count = 1; set.runsOn(cpu) && count <= 2; count++) {
        products.add(new IntegerProducts(set, count));
        digits.add(count);
      }
    }
  }

  public static void main(String[] arguments) {
    KernelFuzz fuzz = new KernelFuzz(Long.parseLong(arguments[0]));
    int shapes = Integer.parseInt(arguments[1]);
    for (int i = 0; i < shapes; i++) {
      fuzz.shape();
    }
    System.out.println(shapes + " shapes");
  }

  private void shape() {
    int which = random.nextInt(products.size());
    int block = 16 << random.nextInt(4);
    MatrixShape shape =
        new MatrixShape(
            1 + random.nextInt(random.nextInt(8) == 0 ? 100 : 40),
            1 + random.nextInt(random.nextInt(8) == 0 ? 300 : 70),
            random.nextBoolean() ? 4 : 8,
            block);
    int tokens = 1 + random.nextInt(random.nextInt(4) == 0 ? 20 : 4);
    try (Arena arena = Arena.ofConfined()) {
      QuantizedWeights weights = weights(shape, arena);
      MatrixProduct product = products.get(which).of(weights, arena);
      float[] x = inputs(tokens * shape.columns());
      float[] y = multiply(product, shape, x, tokens, arena);
      int token = random.nextInt(tokens);
      int from = token * shape.columns();
      check(
          weights,
          Arrays.copyOfRange(x, from, from + shape.columns()),
          new InputFormat(block == 16 ? 16 : 32, digits.get(which), 1),
          Arrays.copyOfRange(y, token * shape.rows(), (token + 1) * shape.rows()));
    }
  }

  private QuantizedWeights weights(MatrixShape shape, Arena arena) {
    int blocks = shape.rows() * shape.blocks();
    byte[] quants = new byte[blocks * shape.blockSize() * shape.bits() / Byte.SIZE];
    random.nextBytes(quants);
    boolean halves = random.nextBoolean();
    return new QuantizedWeights(
        shape,
        arena.allocateFrom(JAVA_BYTE, quants),
        factors(blocks, halves, arena),
        random.nextBoolean() ? factors(blocks, halves, arena) : MemorySegment.NULL);
  }

  /** Multiples of 2^-10, which halves hold also as m = offset - 8 d, or any floats. */
  private MemorySegment factors(int count, boolean halves, Arena arena) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] =
          halves ? (random.nextInt(129) - 64) * 0x1p-10f : (float) random.nextDouble(-0.1, 0.1);
    }
    return arena.allocateFrom(JAVA_FLOAT, values);
  }

  /** Of all sizes, zeros and blocks of zeros among them. */
  private float[] inputs(int count) {
    float[] x = new float[count];
    double size = Math.pow(10, random.nextDouble(-6, 6));
    for (int i = 0; i < count; i++) {
      x[i] = random.nextInt(10) == 0 ? 0 : (float) (random.nextDouble(-1, 1) * size);
    }
    if (random.nextInt(10) == 0) {
      Arrays.fill(x, 0, count / 2, 0);
    }
    return x;
  }

  private float[] multiply(
      MatrixProduct product, MatrixShape shape, float[] x, int tokens, Arena arena) {
    long bytes = (long) tokens * shape.rows() * Float.BYTES;
    MemorySegment y = arena.allocate(bytes + MARGIN_BYTES, Long.BYTES).fill(UNTOUCHED);
    product.arrange(arena.allocateFrom(JAVA_FLOAT, x), tokens, MatrixProduct.UNKNOWN);
    int cut = random.nextInt(product.panels() + 1);
    product.multiply(0, cut, y.address());
    product.multiply(cut, product.panels(), y.address());
    for (byte behind : y.asSlice(bytes).toArray(JAVA_BYTE)) {
      if (behind != UNTOUCHED) {
        throw new AssertionError(shape + " of " + tokens + " wrote behind its outputs");
      }
    }
    return y.asSlice(0, bytes).toArray(JAVA_FLOAT);
  }

  private static void check(
      QuantizedWeights weights, float[] x, InputFormat format, float[] actual) {
    double[] expected = ScalarProduct.multiply(weights, x, format);
    double[] rounded = ScalarProduct.round(x, format);
    for (int row = 0; row < expected.length; row++) {
      double size = 0;
      for (int column = 0; column < x.length; column++) {
        size += magnitude(weights, row, column) * Math.abs(rounded[column]);
      }
      if (!(Math.abs(actual[row] - expected[row]) <= 1e-6 * size + 1e-25)) {
        throw new AssertionError(
            "%s, %s, row %d: %s instead of %s of size %s"
                .formatted(weights.shape(), format, row, actual[row], expected[row], size));
      }
    }
  }

  /** Of a weight, or of its two terms, which may nearly cancel each other. */
  private static double magnitude(QuantizedWeights weights, int row, int column) {
    if (!weights.hasOffsets()) {
      return Math.abs(ScalarProduct.weight(weights, row, column));
    }
    int block = column / weights.shape().blockSize();
    double largest = (1 << weights.shape().bits()) - 1;
    return Math.abs(weights.scale(row, block)) * largest + Math.abs(weights.minimum(row, block));
  }
}
