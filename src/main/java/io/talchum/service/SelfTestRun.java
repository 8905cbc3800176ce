package io.talchum.service;

import io.talchum.adapter.AdapterSelfTest;
import io.talchum.adapter.ResidentAdapter;
import io.talchum.adapter.store.SelfTest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * One forward pass over a few tokens with an adapter, and one without. Any thread that {@code
 * forward} bears.
 *
 * @param forward gives the logits of a prompt's last token
 */
record SelfTestRun(Forward forward, int vocabSize, InstantSource clock) {
  private static final int TOKENS = 12;
  private static final int STRIDE = 7919;

  interface Forward {
    /**
     * @param adapter null is the bare base
     */
    float[] logits(@Nullable ResidentAdapter adapter, int[] promptTokenIds);
  }

  /** Of all parts; the first that fails ends it, else the one that changes most is told. */
  SelfTest of(List<AdapterSelfTest.Part> parts) {
    Instant start = clock.instant();
    Comparison told = null;
    for (AdapterSelfTest.Part part : parts) {
      int[] prompt = prompt(part.touchedTokenIds());
      Comparison next =
          Comparison.of(forward.logits(null, prompt), forward.logits(part.resident(), prompt));
      if (told == null || !next.failure.isEmpty() || next.change > told.change) {
        told = next;
      }
      if (!told.failure.isEmpty()) {
        break;
      }
    }
    Comparison result = java.util.Objects.requireNonNull(told, "an adapter has a part");
    return new SelfTest(
        result.change,
        result.base,
        result.largest,
        Duration.between(start, clock.instant()),
        result.failure);
  }

  /** Some tokens of the vocabulary, then those that the adapter is about. */
  private int[] prompt(int[] touched) {
    IntStream some =
        IntStream.rangeClosed(1, TOKENS).map(i -> (int) ((long) i * STRIDE % vocabSize));
    return IntStream.concat(some, IntStream.of(touched)).toArray();
  }

  private record Comparison(double change, double base, double largest, String failure) {
    static Comparison of(float[] plain, float[] adapted) {
      double change = 0;
      double base = 0;
      double largest = 0;
      for (int i = 0; i < plain.length; i++) {
        double difference = (double) adapted[i] - plain[i];
        change += difference * difference;
        base += (double) plain[i] * plain[i];
        largest = Math.max(largest, Math.abs(difference));
      }
      String failure = failure(adapted);
      return failure.isEmpty()
          ? new Comparison(Math.sqrt(change), Math.sqrt(base), largest, "")
          : new Comparison(0, Math.sqrt(base), 0, failure);
    }

    private static String failure(float[] logits) {
      int[] broken =
          IntStream.range(0, logits.length).filter(i -> !Float.isFinite(logits[i])).toArray();
      return broken.length == 0
          ? ""
          : "the logits of %d of %d tokens are not finite, first that of token %d (%s)"
              .formatted(broken.length, logits.length, broken[0], logits[broken[0]]);
    }
  }
}
