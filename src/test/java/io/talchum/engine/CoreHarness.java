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
  private final int[] waiting = new int[RequestClass.values().length];
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
            new EngineCore.Outside(clock, this, this, Runnable::run),
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
    return submit(
        new GenerationRequest("r" + accepted++, prompt, lease, sampling, key, deadline, sink));
  }

  /** Submits a request in the background. */
  Sequence submitBackground(
      int[] prompt,
      @Nullable AdapterLease lease,
      SamplingParams sampling,
      @Nullable Instant deadline,
      GenerationSink sink) {
    return submit(
        new GenerationRequest(
            "r" + accepted++,
            prompt,
            prompt.length,
            lease,
            sampling,
            RequestClass.BACKGROUND,
            "background",
            deadline,
            sink));
  }

  /** Submits a completion to be scored. */
  Sequence score(
      int[] prompt, int[] completion, @Nullable AdapterLease lease, GenerationSink sink) {
    executor.takesGivenCompletions = true;
    return submit(
        new ScoreRequest("r" + accepted++, prompt, completion, lease, "scores", null)
            .toGeneration(sink));
  }

  private Sequence submit(GenerationRequest request) {
    Sequence sequence =
        new Sequence(
            request,
            tokenizer.detokenizer(request.promptTokenIds(), true),
            EOS,
            executor.maxContextTokens(),
            clock.instant());
    count(sequence, 1);
    core.accept(sequence);
    return sequence;
  }

  void step() {
    try {
      boolean unused = core.step();
    } finally {
      check();
    }
  }

  private void check() {
    executor.requireNoViolation();
    EngineInvariants.check(core, executor.maxContextTokens());
    for (RequestClass each : RequestClass.values()) {
      if (waiting(each) != core.admission().waiting(each).size()) {
        throw new AssertionError("the owner counts " + waiting(each) + " waiting");
      }
    }
  }

  int waiting(RequestClass requestClass) {
    return waiting[requestClass.ordinal()];
  }

  private void count(Sequence sequence, int change) {
    waiting[sequence.requestClass().ordinal()] += change;
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
      harness.step();
    }
    return sink;
  }

  @Override
  public void leftQueue(Sequence sequence) {
    count(sequence, -1);
  }

  @Override
  public void returned(Sequence sequence) {
    count(sequence, 1);
  }

  @Override
  public void ended(Sequence sequence) {}

  @Override
  public void onEnd(RequestOutcome outcome) {
    outcomes.add(outcome);
  }
}
