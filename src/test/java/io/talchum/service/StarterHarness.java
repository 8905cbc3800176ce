package io.talchum.service;

import io.talchum.adapter.AdapterCache;
import io.talchum.adapter.AdapterCacheListener;
import io.talchum.api.LetterModel;
import io.talchum.api.StepGate;
import io.talchum.conditioning.ConditionedPrompt;
import io.talchum.conditioning.GenerationDefaults;
import io.talchum.conditioning.ResolvedTarget;
import io.talchum.conditioning.ServedModel;
import io.talchum.core.Caller;
import io.talchum.core.ModelVersions;
import io.talchum.core.Principal;
import io.talchum.core.RequestTags;
import io.talchum.core.SamplingParams;
import io.talchum.engine.Engine;
import io.talchum.engine.EngineConfig;
import io.talchum.engine.EngineListener;
import io.talchum.engine.RequestOutcome;
import io.talchum.wiring.OpenedModel;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Requests over the letter model, whose steps a test may hold. */
final class StarterHarness implements AutoCloseable {
  static final int SLOTS = 2;
  static final int QUEUE = 8;

  /** Choices that are refused, whatever of them has slots before the rest is submitted. */
  static final int TOO_MANY = SLOTS + QUEUE + 1;

  static final Instant NOW = Instant.parse("2026-12-01T00:00:00Z");
  static final RequestTags TAGS = new RequestTags(Optional.of("ann"), Map.of("topic", "letters"));

  final StepGate gate = new StepGate();
  final Engine engine;
  final ModelVersions versions;
  private final GenerationStarter starter;
  private final BlockingQueue<RequestOutcome> outcomes = new LinkedBlockingQueue<>();

  StarterHarness(Recorder recorder) {
    this(recorder, Recordings.Limits.DEFAULT, null);
  }

  StarterHarness(Recorder recorder, Recordings.Limits limits, @Nullable Duration deadline) {
    OpenedModel model = LetterModel.opened(SLOTS, 64, gate);
    ServedModel served = model.served();
    InstantSource clock = InstantSource.fixed(NOW);
    engine =
        Engine.start(
            model.executor(),
            served.tokenizer(),
            new EngineConfig(Set.of(), QUEUE, 32, 32),
            clock,
            new EngineListener() {
              @Override
              public void onStep(boolean isPrefill, int tokens, Duration step, Duration overhead) {}

              @Override
              public void onEnd(RequestOutcome outcome) {
                outcomes.add(outcome);
              }
            });
    versions = new ModelVersions(served.name(), served.version(), null, null);
    starter =
        new GenerationStarter(
            new TargetLeases(
                new AdapterCache(
                    model.executor()::prepare,
                    new AdapterCache.Limits(0, 1),
                    clock,
                    AdapterCacheListener.NONE)),
            engine,
            new TokenSpelling(served.tokenizer()),
            new RequestIds(clock, new SplittableRandom(1)),
            clock,
            new ServiceLimits(8, 8, deadline),
            overhead -> {},
            new Recordings(recorder, clock, limits));
  }

  /** Each prompt as often as there are choices. */
  Generation start(int choices, SamplingParams sampling, int[]... prompts) {
    return start(choices, sampling, EchoMode.COMPLETION, prompts);
  }

  Generation start(int choices, SamplingParams sampling, EchoMode mode, int[]... prompts) {
    List<GenerationStarter.Part> parts =
        Arrays.stream(prompts)
            .map(ids -> new ConditionedPrompt(ids, sampling, null))
            .map(prompt -> new GenerationStarter.Part(prompt, "echo"))
            .toList();
    return starter.start(
        () -> new ResolvedTarget.Base(versions, GenerationDefaults.NONE),
        base -> new GenerationStarter.Plan("test-", parts, choices, mode, TAGS, Caller.ANONYMOUS));
  }

  @Nullable Instant deadline(@Nullable Instant asked) {
    return starter.deadline(new Caller(Principal.ANONYMOUS, asked));
  }

  /** The next sequence to end. */
  RequestOutcome outcome() throws InterruptedException {
    RequestOutcome outcome = outcomes.poll(60, TimeUnit.SECONDS);
    if (outcome == null) {
      throw new AssertionError("no sequence has ended");
    }
    return outcome;
  }

  @Override
  public void close() {
    gate.open();
    engine.close();
  }
}
