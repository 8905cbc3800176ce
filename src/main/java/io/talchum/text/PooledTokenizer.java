package io.talchum.text;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Runs a tokenizer's calls for long input on a few platform threads. They are native code, which
 * keeps the carrier of a virtual thread for as long as it runs, and there are only as many carriers
 * as cores: everybody else would wait. Who comes first runs first; how many wait, and for how long,
 * is bounded. Any thread.
 */
public final class PooledTokenizer implements Tokenizer {
  /** Some ten milliseconds of tokenizing. */
  static final int LONG_CHARS = 4096;

  static final int LONG_TOKENS = 2048;

  private final Tokenizer tokenizer;
  private final int maxWaiting;
  private final Duration patience;
  private final Semaphore free;
  private final ThreadPoolExecutor pool;

  /**
   * @param threads how many long calls run at the same time
   * @param maxWaiting how many more may wait
   * @param patience how long one waits before it is refused
   */
  public PooledTokenizer(Tokenizer tokenizer, int threads, int maxWaiting, Duration patience) {
    this.tokenizer = tokenizer;
    this.maxWaiting = maxWaiting;
    this.patience = patience;
    this.free = new Semaphore(threads, true);
    this.pool =
        new ThreadPoolExecutor(
            threads,
            threads,
            1,
            TimeUnit.MINUTES,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().daemon().name("talchum-tokenizer-", 0).factory());
    pool.allowCoreThreadTimeOut(true);
  }

  @Override
  public int[] encode(String text, boolean addSpecialTokens, boolean allowSpecialTokens) {
    return run(
        text.length() > LONG_CHARS,
        () -> tokenizer.encode(text, addSpecialTokens, allowSpecialTokens));
  }

  @Override
  public int[] encodePrompt(List<PromptSegment> segments) {
    long chars = segments.stream().mapToLong(segment -> segment.text().length()).sum();
    return run(chars > LONG_CHARS, () -> tokenizer.encodePrompt(segments));
  }

  @Override
  public String decode(int[] tokenIds, boolean skipSpecialTokens) {
    return run(tokenIds.length > LONG_TOKENS, () -> tokenizer.decode(tokenIds, skipSpecialTokens));
  }

  @Override
  public String token(int tokenId) {
    return tokenizer.token(tokenId);
  }

  @Override
  public byte[] bytes(int tokenId) {
    return tokenizer.bytes(tokenId);
  }

  @Override
  public boolean isSpecial(int tokenId) {
    return tokenizer.isSpecial(tokenId);
  }

  @Override
  public int vocabularySize() {
    return tokenizer.vocabularySize();
  }

  @Override
  public IncrementalDetokenizer detokenizer(int[] precedingTokenIds, boolean skipSpecialTokens) {
    return tokenizer.detokenizer(precedingTokenIds, skipSpecialTokens);
  }

  @Override
  public List<Integer> specialTokenIds() {
    return tokenizer.specialTokenIds();
  }

  private <T> T run(boolean isLong, Supplier<T> call) {
    if (!isLong) {
      return call.get();
    }
    enter();
    try {
      return CompletableFuture.supplyAsync(call, pool).join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw e;
    } finally {
      free.release();
    }
  }

  private void enter() {
    try {
      if (free.getQueueLength() < maxWaiting
          && free.tryAcquire(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ServeException(ErrorCode.SHUTTING_DOWN, "the server is shutting down", e);
    }
    throw new ServeException(
        ErrorCode.QUEUE_FULL,
        "too many long texts wait to be tokenized (at most %d, for at most %d s); try again later"
            .formatted(maxWaiting, patience.toSeconds()));
  }
}
