package io.talchum.engine;

import io.talchum.core.SamplingParams;
import io.talchum.core.ServeException;
import io.talchum.model.ModelExecutor;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * An engine under load: as many clients as slots, each asking again as soon as it is answered. What
 * is measured is for people to read; nothing is asserted.
 */
public final class EngineBench {
  private final ModelExecutor executor;
  private final LongSupplier lastRunNanos;
  private final List<Double> ttft = new ArrayList<>();
  private final List<Double> outside = new ArrayList<>(); // engine thread
  private final List<Double> overhead = new ArrayList<>();
  private final AtomicInteger failed = new AtomicInteger();
  private long tokens;

  /**
   * Milliseconds.
   *
   * @param ttft from a request to its first token
   * @param outside a decode step's time outside of ONNX Runtime: the executor's copies and the
   *     engine's plan, sampling and commit
   * @param engine the latter alone
   */
  public record Result(
      int clients,
      int requests,
      int failed,
      double tokensPerSecond,
      Percentiles ttft,
      Percentiles outside,
      Percentiles engine) {}

  /** Of at least one number. */
  public record Percentiles(double median, double p95, double worst) {
    static Percentiles of(List<Double> values) {
      double[] sorted = values.stream().mapToDouble(v -> v).sorted().toArray();
      return sorted.length == 0
          ? new Percentiles(Double.NaN, Double.NaN, Double.NaN)
          : new Percentiles(
              sorted[sorted.length / 2],
              sorted[(int) (sorted.length * 0.95)],
              sorted[sorted.length - 1]);
    }
  }

  /**
   * @param lastRunNanos how long the executor's last step ran in ONNX Runtime
   */
  public EngineBench(ModelExecutor executor, LongSupplier lastRunNanos) {
    this.executor = executor;
    this.lastRunNanos = lastRunNanos;
  }

  /** Runs each client's requests one after the other. */
  public Result run(int requestsEach, int promptTokens, int newTokens) throws InterruptedException {
    int clients = executor.slots();
    int piece = executor.maxPrefillTokens();
    EngineConfig config =
        new EngineConfig(Set.of(), clients, Math.min(128, piece), piece); // as the server on CUDA
    CountDownLatch done = new CountDownLatch(clients);
    long start = System.nanoTime();
    try (Engine engine =
        Engine.start(
            executor, new FakeTokenizer(), config, InstantSource.system(), new Listener())) {
      for (int client = 0; client < clients; client++) {
        new Client(engine, client, requestsEach, promptTokens, newTokens, done).ask();
      }
      done.await();
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    synchronized (ttft) {
      return new Result(
          clients,
          clients * requestsEach,
          failed.get(),
          tokens / seconds,
          Percentiles.of(ttft),
          Percentiles.of(outside),
          Percentiles.of(overhead));
    }
  }

  /** On the engine thread, after a step. */
  private final class Listener implements EngineListener {
    @Override
    public void onStep(boolean isPrefill, int rows, Duration duration, Duration rest) {
      if (!isPrefill) {
        overhead.add(rest.toNanos() / 1e6);
        outside.add((duration.toNanos() + rest.toNanos() - lastRunNanos.getAsLong()) / 1e6);
      }
    }
  }

  /** Asks its next question from the engine thread, when the last one is answered. */
  private final class Client implements GenerationSink {
    private final Engine engine;
    private final int number;
    private final int newTokens;
    private final int[] prompt;
    private final CountDownLatch done;
    private int left;
    private long asked;
    private boolean waits;

    Client(
        Engine engine,
        int number,
        int requests,
        int promptTokens,
        int newTokens,
        CountDownLatch done) {
      this.engine = engine;
      this.number = number;
      this.newTokens = newTokens;
      this.left = requests;
      this.done = done;
      this.prompt =
          new SplittableRandom(number).ints(promptTokens, 0, executor.spec().vocabSize()).toArray();
    }

    void ask() {
      left--;
      asked = System.nanoTime();
      waits = true;
      prompt[0] = left;
      // Lengths differ, so that requests do not stay in step.
      SamplingParams sampling = SamplingParams.greedy(newTokens + (7 * number + 13 * left) % 32);
      engine.submit(
          new GenerationRequest(
              "c" + number + "-" + left,
              Arrays.copyOf(prompt, prompt.length - number % 16),
              null,
              sampling,
              "key",
              null,
              this));
    }

    @Override
    public void onPrompt(List<TokenLogprob> scored) {}

    @Override
    public void onToken(TokenEvent event) {
      synchronized (ttft) {
        tokens++;
        if (waits) {
          ttft.add((System.nanoTime() - asked) / 1e6);
          waits = false;
        }
      }
    }

    @Override
    public void onFinish(GenerationResult result) {
      next();
    }

    @Override
    public void onError(ServeException error) {
      failed.incrementAndGet();
      next();
    }

    private void next() {
      if (left > 0) {
        ask();
      } else {
        done.countDown();
      }
    }
  }
}
