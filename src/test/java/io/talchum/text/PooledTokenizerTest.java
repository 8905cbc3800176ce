package io.talchum.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Where calls run, and who waits. */
class PooledTokenizerTest {
  private static final String LONG = "x".repeat(PooledTokenizer.LONG_CHARS + 1);
  private static final String SHORT = "x".repeat(PooledTokenizer.LONG_CHARS);
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final Recorded inner = new Recorded();

  @Test
  void longCallsRunOnPlatformThreadsShortOnesWhereTheyAreMade() throws Exception {
    Tokenizer tokenizer = new PooledTokenizer(inner, 1, 8, PATIENCE);
    inner.mayEnd.release(100);
    Thread caller =
        Thread.startVirtualThread(
            () -> {
              tokenizer.encode(LONG, false, true);
              tokenizer.encodePrompt(
                  List.of(new PromptSegment(SHORT, true), new PromptSegment("y", false)));
              tokenizer.decode(new int[PooledTokenizer.LONG_TOKENS + 1], false);
              tokenizer.encode(SHORT, false, true);
            });
    assertThat(caller.join(Duration.ofSeconds(10))).isTrue();
    List<Thread> ran = new ArrayList<>(inner.threads);
    assertThat(ran).hasSize(4);
    assertThat(ran.subList(0, 3))
        .allSatisfy(
            thread -> {
              assertThat(thread.isVirtual()).isFalse();
              assertThat(thread.getName()).startsWith("talchum-tokenizer-");
            });
    assertThat(ran.get(3)).isSameAs(caller);
  }

  @Test
  void whoComesFirstRunsFirstAndShortTextsDoNotWait() throws Exception {
    Tokenizer tokenizer = new PooledTokenizer(inner, 1, 8, PATIENCE);
    List<Thread> callers = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      String text = LONG + i;
      Thread caller = Thread.ofPlatform().start(() -> tokenizer.encode(text, false, true));
      awaitWaiting(caller);
      callers.add(caller);
    }
    CompletableFuture<Integer> small =
        CompletableFuture.supplyAsync(() -> tokenizer.token(1).length());
    assertThat(small.get(10, TimeUnit.SECONDS)).isEqualTo(1);
    inner.mayEnd.release(5);
    for (int i = 0; i < 5; i++) {
      assertThat(callers.get(i).join(Duration.ofSeconds(10))).isTrue();
      assertThat(inner.texts.poll(10, TimeUnit.SECONDS)).isEqualTo(LONG + i);
    }
  }

  @Test
  void refusesMoreThanMayWaitAndWhoHasWaitedForTooLong() throws Exception {
    Tokenizer tokenizer = new PooledTokenizer(inner, 1, 1, PATIENCE);
    Thread running = Thread.ofPlatform().start(() -> tokenizer.encode(LONG, false, true));
    Thread waiting =
        Thread.ofPlatform()
            .start(
                () -> {
                  awaitWaiting(running);
                  tokenizer.encode(LONG, false, true);
                });
    awaitWaiting(running);
    awaitWaiting(waiting);
    assertRefused(() -> tokenizer.encode(LONG, false, true), "at most 1, for at most 20 s");
    inner.mayEnd.release(2);
    assertThat(waiting.join(Duration.ofSeconds(10))).isTrue();

    Tokenizer impatient = new PooledTokenizer(inner, 1, 1, Duration.ZERO);
    Thread busy = Thread.ofPlatform().start(() -> impatient.encode(LONG, false, true));
    awaitWaiting(busy);
    assertRefused(() -> impatient.encode(LONG, false, true), "try again later");
    inner.mayEnd.release();
    assertThat(busy.join(Duration.ofSeconds(10))).isTrue();
  }

  @Test
  void refusalsOfTheTokenizerComeThroughAndFreeThePlace() {
    Tokenizer tokenizer = new PooledTokenizer(inner, 1, 8, PATIENCE);
    inner.mayEnd.release(2);
    inner.refusal = ServeException.invalid("messages", "no");
    assertThatThrownBy(() -> tokenizer.encode(LONG, false, true)).isSameAs(inner.refusal);
    inner.refusal = null;
    assertThat(tokenizer.encode(LONG, false, true)).hasSize(LONG.length());
  }

  private static void assertRefused(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String reason) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            ServeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.QUEUE_FULL))
        .hasMessageContaining(reason);
  }

  /** Until the thread waits for something, which here is its turn or the gate. */
  private static void awaitWaiting(Thread thread) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (thread.getState() != Thread.State.WAITING
        && thread.getState() != Thread.State.TIMED_WAITING) {
      assertThat(System.nanoTime()).as("the thread waits").isLessThan(end);
      Thread.onSpinWait();
    }
  }

  /** One token a character; long calls wait at a gate. */
  private static final class Recorded implements Tokenizer {
    private final BlockingQueue<Thread> threads = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> texts = new LinkedBlockingQueue<>();
    private final Semaphore mayEnd = new Semaphore(0);
    private volatile @org.jspecify.annotations.Nullable ServeException refusal;

    @Override
    public int[] encode(String text, boolean addSpecialTokens, boolean allowSpecialTokens) {
      return new int[ran(text).length()];
    }

    @Override
    public int[] encodePrompt(List<PromptSegment> segments) {
      return new int[ran(segments.getFirst().text()).length()];
    }

    @Override
    public String decode(int[] tokenIds, boolean skipSpecialTokens) {
      return ran("");
    }

    private String ran(String text) {
      threads.add(Thread.currentThread());
      texts.add(text);
      try {
        assertThat(mayEnd.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
      ServeException said = refusal;
      if (said != null) {
        throw said;
      }
      return text;
    }

    @Override
    public String token(int tokenId) {
      return "x";
    }

    @Override
    public byte[] bytes(int tokenId) {
      return "x".getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public boolean isSpecial(int tokenId) {
      return false;
    }

    @Override
    public int vocabularySize() {
      return 256;
    }

    @Override
    public IncrementalDetokenizer detokenizer(int[] precedingTokenIds, boolean skip) {
      throw new UnsupportedOperationException();
    }

    @Override
    public List<Integer> specialTokenIds() {
      return List.of();
    }
  }
}
