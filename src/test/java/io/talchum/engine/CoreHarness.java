package io.talchum.engine;

import io.talchum.adapter.AdapterLease;
import io.talchum.core.SamplingParams;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/** An engine's core on the test's own thread, checked after every step. */
final class CoreHarness implements EngineCore.Owner, EngineListener {
  static final Set<Integer> EOS = Set.of(FakeTokenizer.EOS);

  final FakeModelExecutor executor;
  final FakeTokenizer tokenizer = new FakeTokenizer();
  final MutableClock clock = new MutableClock();
  final List<RequestOutcome> outcomes = new ArrayList<>();
  final EngineCore core;
  int waiting;
  int accepted;

  // Failures are made on purpose; a strong reference keeps the level.
  private static final Logger LOG = Logger.getLogger("io.talchum.engine");

  static {
    silence();
  }

  static void silence() {
    LOG.setLevel(Level.OFF);
  }

  CoreHarness(FakeModelExecutor executor, int prefillTokens, int prefillTokensAlone) {
    this(executor, prefillTokens, prefillTokensAlone, new PrefixReuse(executor, null, 1));
  }

  CoreHarness(
      FakeModelExecutor executor, int prefillTokens, int prefillTokensAlone, PrefixReuse prefixes) {
    this.executor = executor;
    this.core =
        new EngineCore(
            executor,
            new EngineConfig(EOS, 1000, prefillTokens, prefillTokensAlone),
            clock,
            this,
            this,
            prefixes);
  }

  CoreHarness(FakeModelExecutor executor) {
    this(executor, 4, 8);
  }

  /** Submits a base request of the key "key" without deadline. */
  Sequence submit(SamplingParams sampling, GenerationSink sink, int... prompt) {
    return submit(prompt, null, sampling, "key", null, sink);
  }

  Sequence submit(
      int[] prompt,
      @Nullable AdapterLease lease,
      SamplingParams sampling,
      String key,
      @Nullable Instant deadline,
      GenerationSink sink) {
    GenerationRequest request =
        new GenerationRequest("r" + accepted++, prompt, lease, sampling, key, deadline, sink);
    Sequence sequence =
        new Sequence(
            request,
            tokenizer.detokenizer(prompt, true),
            EOS,
            executor.maxContextTokens(),
            clock.instant());
    waiting++;
    core.accept(sequence);
    return sequence;
  }

  void step() {
    core.step();
    EngineInvariants.check(core, executor.maxContextTokens());
    if (waiting != core.waiting().size()) {
      throw new AssertionError("the owner counts " + waiting + " waiting");
    }
  }

  void runAll() {
    while (core.hasWork()) {
      step();
    }
  }

  /** The request alone, whole prompt in one piece, in a fresh engine. */
  static RecordingSink alone(int[] prompt, long adapterContent, SamplingParams sampling) {
    return alone(prompt, adapterContent, sampling, Integer.MAX_VALUE);
  }

  static RecordingSink alone(
      int[] prompt, long adapterContent, SamplingParams sampling, int shortTokens) {
    FakeModelExecutor executor = new FakeModelExecutor(1, 64);
    executor.shortTokens = shortTokens;
    CoreHarness harness = new CoreHarness(executor, 16, 16);
    FakeAdapters adapters = new FakeAdapters(executor);
    RecordingSink sink = new RecordingSink();
    AdapterLease lease = null;
    if (adapterContent != 0) {
      adapters.load("only", adapterContent);
      lease = adapters.acquire("only");
    }
    harness.submit(prompt, lease, sampling, "key", null, sink);
    while (harness.core.hasWork()) {
      harness.core.step();
    }
    return sink;
  }

  @Override
  public void leftQueue() {
    waiting--;
  }

  @Override
  public void ended(Sequence sequence) {}

  @Override
  public void onEnd(RequestOutcome outcome) {
    outcomes.add(outcome);
  }
}
