package io.talchum.service;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.engine.sampling.LogSoftmax;
import io.talchum.model.LogitRows;
import io.talchum.model.ModelExecutor;
import io.talchum.model.StepLogits;
import io.talchum.text.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * How well a model predicts a text.
 *
 * <p>The text's tokens are cut into windows that fill the context one after the other, each after
 * the tokenizer's own beginning token if it has one; every token but the first of a window is
 * predicted from those before it in the window.
 *
 * @param tokens predicted
 * @param nats sum of their negative log-probabilities
 * @param bytes of the text, UTF-8
 * @param contextTokens the longest window, beginning token included
 */
public record Perplexity(int tokens, double nats, long bytes, int contextTokens) {

  /** exp(nats / tokens). */
  public double value() {
    return Math.exp(nats / tokens);
  }

  /** Comparable between models with other tokenizers. */
  public double bitsPerByte() {
    return nats / Math.log(2) / bytes;
  }

  /**
   * Uses slot 0 of the executor, without an adapter.
   *
   * @throws ServeException INVALID_REQUEST for a text of fewer than two tokens
   */
  public static Perplexity of(RunningModel model, String text) {
    int[] ids = model.tokenizer().encode(text, false, false);
    int[] start = beginning(model.tokenizer(), text, ids);
    if (ids.length + start.length < 2) {
      throw ServeException.invalid(
          "text",
          "the text has %d tokens; at least 2 are needed to predict one".formatted(ids.length));
    }
    ModelExecutor executor = model.executor();
    int context = executor.maxContextTokens();
    int share = context - start.length;
    executor.bind(0, null);
    double nats = 0;
    int tokens = 0;
    for (int from = 0; from < ids.length; from += share) {
      if (Thread.currentThread().isInterrupted()) {
        throw new ServeException(ErrorCode.CANCELLED, "the measurement was interrupted");
      }
      int[] part = Arrays.copyOfRange(ids, from, Math.min(ids.length, from + share));
      int[] window = Arrays.copyOf(start, start.length + part.length);
      System.arraycopy(part, 0, window, start.length, part.length);
      nats += window(executor, window);
      tokens += window.length - 1;
    }
    executor.release(0);
    return new Perplexity(tokens, nats, text.getBytes(StandardCharsets.UTF_8).length, context);
  }

  /** What the tokenizer puts before a text. */
  private static int[] beginning(Tokenizer tokenizer, String text, int[] ids) {
    int[] all = tokenizer.encode(text, true, false);
    for (int skip = 0; skip + ids.length <= all.length; skip++) {
      if (Arrays.equals(all, skip, skip + ids.length, ids, 0, ids.length)) {
        return Arrays.copyOf(all, skip);
      }
    }
    throw new ServeException(
        ErrorCode.INVALID_MODEL, "the tokenizer changes a text when it adds its special tokens");
  }

  private static double window(ModelExecutor executor, int[] ids) {
    double nats = 0;
    int piece = executor.maxPrefillTokens();
    for (int from = 0; from < ids.length - 1; from += piece) {
      int to = Math.min(ids.length, from + piece);
      StepLogits logits =
          executor.prefill(0, from, Arrays.copyOfRange(ids, from, to), LogitRows.ALL);
      for (int at = from; at < to && at + 1 < ids.length; at++) {
        var row = logits.row(at - from);
        nats -= LogSoftmax.of(row).logprob(row, ids[at + 1]);
      }
    }
    return nats;
  }
}
