package io.talchum.engine.sampling;

import io.talchum.core.VectorApi;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * Runs the vector loops until they are compiled, and only then gives them to {@link LogitLoops}:
 * interpreted, the Vector API takes hundreds of milliseconds for the first rows of a large
 * vocabulary. Any thread.
 */
public final class SamplingWarmUp {
  private static final int VOCAB = 2048;

  /** Found by trying: fewer leave the first rows slow, more change nothing. */
  private static final int ROUNDS = 300;

  /** Between rounds: the first requests need the cores more, and plain loops serve them. */
  private static final long PAUSE_NANOS = 10_000_000;

  private static final AtomicBoolean BEGUN = new AtomicBoolean();

  private SamplingWarmUp() {}

  /** Takes some seconds the first time; then, or without the Vector API, it does nothing. */
  public static void run() {
    if (!VectorApi.isThere() || BEGUN.getAndSet(true)) {
      return;
    }
    RowLoops vectors = new VectorRowLoops();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment row = arena.allocate((long) VOCAB * Float.BYTES, 64);
      SeededStream random = new SeededStream(0);
      for (int i = 0; i < VOCAB; i++) {
        LogitLoops.set(row, i, (float) random.nextDouble() * 20);
      }
      MemorySegment masked = arena.allocate(row.byteSize(), 64).copyFrom(row);
      for (int round = 0; round < ROUNDS; round++) {
        run(vectors, row, masked);
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }
    LogitLoops.use(vectors);
  }

  private static void run(RowLoops vectors, MemorySegment row, MemorySegment masked) {
    for (int start = 0; start < VOCAB; start += Long.SIZE) {
      vectors.forbid(masked, start, Long.SIZE, 0x9249249249249249L);
    }
    float max = vectors.max(row);
    int last = vectors.indexOf(row, max);
    while (last < VOCAB) {
      last = vectors.nextStretchAbove(row, last, max) + vectors.stretch();
    }
    for (int start = 0; start < VOCAB; start += LogitLoops.BLOCK) {
      double unused = vectors.blockSumExp(row, start, start + LogitLoops.BLOCK, max, 1f);
    }
  }
}
