package io.talchum.service;

import io.talchum.adapter.AdapterWeights;
import io.talchum.adapter.EmbeddingRows;
import io.talchum.adapter.Invocation;
import io.talchum.adapter.ResidentAdapter;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.model.LogitRows;
import io.talchum.model.ModelExecutor;
import java.lang.foreign.ValueLayout;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * One forward pass over a few tokens, with an adapter and without.
 *
 * @param change length of the difference of the last token's logits
 * @param base length of the base's logits
 * @param largest difference of one logit
 */
public record SelfTest(double change, double base, double largest) {
  private static final int TOKENS = 12;
  private static final int STRIDE = 7919;

  /**
   * Runs on slot 0, which it takes and gives back; the executor's thread.
   *
   * @throws ServeException INVALID_ADAPTER if a logit is not finite
   */
  public static SelfTest run(
      ModelExecutor executor, ResidentAdapter resident, AdapterWeights weights) {
    int[] prompt = prompt(weights, executor.spec().vocabSize());
    float[] plain = logits(executor, null, prompt);
    float[] adapted = logits(executor, resident, prompt);
    double change = 0;
    double base = 0;
    double largest = 0;
    for (int i = 0; i < plain.length; i++) {
      if (!Float.isFinite(adapted[i])) {
        throw new ServeException(
            ErrorCode.INVALID_ADAPTER,
            "the adapter's self-test gives logits that are not finite numbers, first for token "
                + i
                + "; its numbers are too large for this base");
      }
      double difference = (double) adapted[i] - plain[i];
      change += difference * difference;
      base += (double) plain[i] * plain[i];
      largest = Math.max(largest, Math.abs(difference));
    }
    return new SelfTest(Math.sqrt(change), Math.sqrt(base), largest);
  }

  /** Some tokens of the vocabulary, those that the adapter replaces, and what wakes it. */
  private static int[] prompt(AdapterWeights weights, int vocabSize) {
    IntStream some = IntStream.range(0, TOKENS).map(i -> (int) ((1L + i * STRIDE) % vocabSize));
    IntStream trained =
        weights.all(EmbeddingRows.class).stream()
            .flatMapToInt(rows -> IntStream.of(rows.tokenIds()).limit(TOKENS));
    IntStream waking =
        weights.all(Invocation.class).stream().flatMapToInt(i -> IntStream.of(i.tokenIds()));
    return IntStream.concat(some, IntStream.concat(trained, waking)).toArray();
  }

  private static float[] logits(
      ModelExecutor executor, @Nullable ResidentAdapter resident, int[] prompt) {
    executor.bind(0, resident);
    try {
      executor.expect(0, prompt);
      int piece = executor.maxPrefillTokens();
      for (int start = 0; ; start += piece) {
        int end = Math.min(prompt.length, start + piece);
        boolean last = end == prompt.length;
        var logits =
            executor.prefill(
                0,
                start,
                java.util.Arrays.copyOfRange(prompt, start, end),
                last ? LogitRows.LAST : LogitRows.NONE);
        if (last) {
          return logits.row(0).toArray(ValueLayout.JAVA_FLOAT);
        }
      }
    } finally {
      executor.release(0);
    }
  }
}
