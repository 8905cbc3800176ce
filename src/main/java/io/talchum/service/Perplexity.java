package io.talchum.service;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.engine.Engine;
import io.talchum.engine.ScoreRequest;
import io.talchum.text.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

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

  /** Of a package that runs for nothing else. */
  public static Perplexity of(RunningModel model, String text) {
    return of(model.engine(), model.tokenizer(), model.executor().maxContextTokens(), "text", text);
  }

  /**
   * Scores the text in the background of an engine, without an adapter: those who wait for answers
   * of a server hardly notice.
   *
   * @param id begins the ids of its requests in the engine
   * @throws ServeException INVALID_REQUEST for a text of fewer than two tokens; what the engine
   *     refuses
   */
  public static Perplexity of(
      Engine engine, Tokenizer tokenizer, int contextTokens, String id, String text) {
    int[] ids = tokenizer.encode(text, false, false);
    int[] start = beginning(tokenizer, text, ids);
    if (ids.length + start.length < 2) {
      throw ServeException.invalid(
          "text",
          "the text has %d tokens; at least 2 are needed to predict one".formatted(ids.length));
    }
    int share = contextTokens - start.length;
    Scores scores = new Scores(engine, id);
    for (int from = 0; from < ids.length; from += share) {
      if (Thread.currentThread().isInterrupted()) {
        throw new ServeException(ErrorCode.CANCELLED, "the measurement was interrupted");
      }
      int[] part = Arrays.copyOfRange(ids, from, Math.min(ids.length, from + share));
      int[] window = Arrays.copyOf(start, start.length + part.length);
      System.arraycopy(part, 0, window, start.length, part.length);
      scores.add(window);
    }
    scores.await();
    return new Perplexity(
        scores.tokens, scores.nats, text.getBytes(StandardCharsets.UTF_8).length, contextTokens);
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

  /** Windows on their way through the engine, a few at once. */
  private static final class Scores {
    private static final int MOST_AT_ONCE = 4;

    private final Engine engine;
    private final String id;
    private final Queue<CompletableFuture<float[]>> open = new ArrayDeque<>();
    private int windows;
    private int tokens;
    private double nats;

    Scores(Engine engine, String id) {
      this.engine = engine;
      this.id = id;
    }

    void add(int[] window) {
      if (window.length < 2) {
        return;
      }
      if (open.size() == MOST_AT_ONCE) {
        take();
      }
      open.add(
          engine.score(
              new ScoreRequest(
                  id + "-" + windows++,
                  Arrays.copyOf(window, 1),
                  Arrays.copyOfRange(window, 1, window.length),
                  null,
                  id,
                  null)));
    }

    void await() {
      while (!open.isEmpty()) {
        take();
      }
    }

    private void take() {
      try {
        for (float logprob : open.remove().join()) {
          nats -= logprob;
          tokens++;
        }
      } catch (CompletionException e) {
        for (int window = 0; window < windows; window++) {
          engine.cancel(id + "-" + window);
        }
        throw e.getCause() instanceof ServeException known ? known : e;
      }
    }
  }
}
