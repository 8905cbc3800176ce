package io.talchum.engine.sampling;

import io.talchum.core.SamplingParams;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;

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
        LogitVectors.set(row, i, (float) random.nextDouble() * 20);
      }
      List<SamplingParams> kinds = List.of(params(0f, 0), params(1f, 0), params(1f, 50));
      for (int round = 0; round < ROUNDS; round++) {
        for (SamplingParams kind : kinds) {
          TokenDraw.draw(row, kind, random);
        }
      }
    }
  }

  private static SamplingParams params(float temperature, int topK) {
    return new SamplingParams(
        temperature,
        1f,
        topK,
        0f,
        0f,
        0f,
        1f,
        0L,
        Map.of(),
        List.of(),
        List.of(),
        1,
        0,
        false,
        false,
        0,
        false);
  }
}
