package io.talchum.model.kernel.integer;

import io.talchum.core.ProductPrecision;
import io.talchum.model.kernel.MatrixProduct;
import io.talchum.model.kernel.MatrixShape;
import io.talchum.model.kernel.QuantizedWeights;
import io.talchum.model.kernel.code.CpuFeatures;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** A matrix times some tokens on one core: weights a nanosecond, each for all tokens. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
public class MatrixProductBenchmark {
  private static final int ROWS = 3072;
  private static final int COLUMNS = 576;
  private static final int BLOCK = 32;

  @Param({"exact", "int16", "int8"})
  public String products = "int16";

  @Param({"4", "8"})
  public int bits = 4;

  @Param({"1", "2", "4", "8", "128"})
  public int tokens = 1;

  private final Arena arena = Arena.ofShared();
  private MemorySegment x = MemorySegment.NULL;
  private MemorySegment y = MemorySegment.NULL;
  private @Nullable MatrixProduct product;

  @Setup
  public void fill() {
    SplittableRandom random = new SplittableRandom(1);
    byte[] quants = new byte[ROWS * COLUMNS * bits / Byte.SIZE];
    random.nextBytes(quants);
    QuantizedWeights weights =
        new QuantizedWeights(
            new MatrixShape(ROWS, COLUMNS, bits, BLOCK),
            arena.allocateFrom(ValueLayout.JAVA_BYTE, quants),
            floats(ROWS * COLUMNS / BLOCK, random),
            MemorySegment.NULL);
    product =
        ProductSelection.choose(ProductPrecision.parse(products), CpuFeatures.read())
            .of(weights, arena);
    x = floats(tokens * COLUMNS, random);
    y = floats(tokens * ROWS, random);
  }

  private MemorySegment floats(int count, SplittableRandom random) {
    MemorySegment floats = arena.allocate((long) count * Float.BYTES, 64);
    for (int i = 0; i < count; i++) {
      floats.setAtIndex(ValueLayout.JAVA_FLOAT, i, (random.nextInt(65) - 32) * 0x1p-10f);
    }
    return floats;
  }

  @Benchmark
  @OperationsPerInvocation(ROWS * COLUMNS)
  public MemorySegment multiply() {
    MatrixProduct filled = Objects.requireNonNull(product);
    filled.arrange(x, tokens, MatrixProduct.UNKNOWN);
    filled.multiply(0, filled.panels(), y.address());
    return y;
  }

  @TearDown
  public void close() {
    arena.close();
  }
}
