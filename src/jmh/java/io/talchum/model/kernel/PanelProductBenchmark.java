package io.talchum.model.kernel;

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

/** A matrix times some tokens on one thread: weights a nanosecond, each for all tokens. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class PanelProductBenchmark {
  private static final int ROWS = 3072;
  private static final int COLUMNS = 576;
  private static final int BLOCK = 32;

  @Param({"4", "8", "16"})
  public int bits = 4;

  @Param({"1", "2", "4", "8", "16", "64"})
  public int tokens = 1;

  private final Arena arena = Arena.ofShared();
  private final PanelInputs inputs = new PanelInputs();
  private final PanelScratch scratch = new PanelScratch(arena);
  private MemorySegment x = MemorySegment.NULL;
  private MemorySegment y = MemorySegment.NULL;
  private @Nullable PanelMatrix matrix;

  @Setup
  public void fill() {
    SplittableRandom random = new SplittableRandom(1);
    MemorySegment quants = arena.allocate((long) ROWS * COLUMNS * bits / Byte.SIZE, 64);
    for (long i = 0; i < quants.byteSize(); i++) {
      quants.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt());
    }
    MemorySegment scales = floats(ROWS * COLUMNS / BLOCK, random);
    PanelMatrix filled =
        new PanelMatrix(
            new QuantizedWeights(
                new MatrixShape(ROWS, COLUMNS, bits, BLOCK), quants, scales, MemorySegment.NULL),
            arena);
    scratch.fit(filled);
    matrix = filled;
    x = floats(tokens * COLUMNS, random);
    y = floats(tokens * ROWS, random);
  }

  private MemorySegment floats(int count, SplittableRandom random) {
    MemorySegment floats = arena.allocate((long) count * Float.BYTES, 64);
    for (int i = 0; i < count; i++) {
      floats.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextDouble() - 0.5f);
    }
    return floats;
  }

  @Benchmark
  @OperationsPerInvocation(ROWS * COLUMNS)
  public MemorySegment multiply() {
    PanelMatrix weights = Objects.requireNonNull(matrix);
    inputs.arrange(weights, x, tokens);
    PanelProduct.run(weights, inputs, 0, weights.panels(), y.address(), scratch);
    return y;
  }

  @TearDown
  public void close() {
    arena.close();
  }
}
