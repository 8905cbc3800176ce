package io.talchum.engine.sampling;

import io.talchum.core.SamplingParams;
import io.talchum.core.TokenMask;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Runs the vector loops until they are compiled: interpreted, the Vector API takes hundreds of
 * milliseconds for the first rows of a large vocabulary. Any thread.
 */
public final class SamplingWarmUp {
  private static final int VOCAB = 2048;

  /** Found by trying: fewer leave the first rows slow, more change nothing. */
  private static final int ROUNDS = 300;

  private SamplingWarmUp() {}

  /** Takes some tenths of a second the first time, then almost none. */
  public static void run() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment row = arena.allocate((long) VOCAB * Float.BYTES, 64);
      SeededStream random = new SeededStream(0);
      for (int i = 0; i < VOCAB; i++) {
        LogitLoops.set(row, i, (float) random.nextDouble() * 20);
      }
      List<SamplingParams> kinds = List.of(params(0f, 0), params(1f, 0), params(1f, 50));
      MemorySegment masked = arena.allocate(row.byteSize(), 64).copyFrom(row);
      TokenMask mask = TokenMask.all(VOCAB);
      for (int i = 0; i < VOCAB; i += 3) {
        mask.forbid(i);
      }
      for (int round = 0; round < ROUNDS; round++) {
        LogitLoops.forbid(masked, mask);
        for (SamplingParams kind : kinds) {
          TokenDraw.draw(row, kind, random);
        }
      }
    }
  }

  private static SamplingParams params(float temperature, int topK) {
    return SamplingParams.builder(1).temperature(temperature).topK(topK).build();
  }
}
