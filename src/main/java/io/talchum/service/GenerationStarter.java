package io.talchum.service;

import io.talchum.adapter.AdapterCache;
import io.talchum.conditioning.ConditionedPrompt;
import io.talchum.conditioning.ResolvedTarget;
import io.talchum.core.Caller;
import io.talchum.core.RequestTags;
import io.talchum.core.SamplingParams;
import io.talchum.core.ServeException;
import io.talchum.engine.Engine;
import io.talchum.engine.GenerationRequest;
import io.talchum.text.Tokenizer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Queues a request's sequences: every prompt as often as there are choices. */
public final class GenerationStarter {
  /** Steps the seed from choice to choice: 2^64 divided by the golden ratio, as in SplitMix64. */
  private static final long SEED_STEP = 0x9E3779B97F4A7C15L;

  private final TargetLeases leases;
  private final Engine engine;
  private final TokenSpelling spelling;
  private final RequestIds ids;
  private final InstantSource clock;
  private final ServiceLimits limits;
  private final ServiceListener listener;
  private final Recordings recordings;

  GenerationStarter(
      TargetLeases leases,
      Engine engine,
      TokenSpelling spelling,
      RequestIds ids,
      InstantSource clock,
      ServiceLimits limits,
      ServiceListener listener,
      Recordings recordings) {
    this.leases = leases;
    this.engine = engine;
    this.spelling = spelling;
    this.ids = ids;
    this.clock = clock;
    this.limits = limits;
    this.listener = listener;
    this.recordings = recordings;
  }

  /** The one of a process. */
  public static GenerationStarter over(
      Engine engine,
      Tokenizer tokenizer,
      AdapterCache adapters,
      RequestIds ids,
      InstantSource clock,
      ServiceLimits limits,
      ServiceListener listener,
      Recorder recorder) {
    return new GenerationStarter(
        new TargetLeases(adapters),
        engine,
        new TokenSpelling(tokenizer),
        ids,
        clock,
        limits,
        listener,
        new Recordings(recorder, clock, Recordings.Limits.DEFAULT));
  }

  /** A prompt with the text that an echo shows. */
  record Part(ConditionedPrompt prompt, String echoText) {}

  /** What is to be started, the same for all its sequences but prompt and seed. */
  record Plan(
      String idPrefix,
      List<Part> parts,
      int choices,
      EchoMode mode,
      RequestTags tags,
      Caller caller) {}

  /**
   * Finds what the request is for, checks all of it, and only then leases the adapter and queues
   * all sequences or none: a request that is refused has loaded nothing.
   *
   * @param check what is to be started, or a refusal
   * @throws ServeException what the arguments throw, DEADLINE_EXCEEDED and what the load throws,
   *     QUEUE_FULL and the other refusals of the engine
   */
  Generation start(Supplier<ResolvedTarget> resolve, Function<ResolvedTarget, Plan> check) {
    ResolvedTarget target = resolve.get();
    while (true) {
      Plan plan = check.apply(target);
      try (SharedLease lease = leases.lease(target, deadline(plan.caller()))) {
        return start(plan, target, lease);
      } catch (ServeException e) {
        ResolvedTarget now = resolve.get();
        if (now.versions().equals(target.versions())) {
          throw e;
        }
        target = now; // its folder was replaced meanwhile
      }
    }
  }

  private Generation start(Plan plan, ResolvedTarget target, @Nullable SharedLease lease) {
    String id = ids.next(plan.idPrefix());
    Instant created = clock.instant();
    Recording recording = recordings.begin(id, created, plan, target.versions());
    EventQueue queue = new EventQueue();
    List<SequenceFeed> feeds = new ArrayList<>();
    List<GenerationRequest> requests = new ArrayList<>();
    int promptTokens = 0;
    for (Part part : plan.parts()) {
      promptTokens += part.prompt().tokenIds().length;
      for (int choice = 0; choice < plan.choices(); choice++) {
        int index = feeds.size();
        String sequenceId = id + "-" + index;
        feeds.add(feed(sequenceId, index, part, plan.mode()));
        GenerationRequest request =
            request(sequenceId, part, choice, plan, target, lease, queue.sink(index));
        requests.add(recording == null ? request : recorded(request, recording, plan.mode()));
      }
    }
    submit(requests);
    return new Generation(
        id,
        created,
        target.versions(),
        new Generation.Prompts(promptTokens, plan.choices()),
        feeds,
        queue,
        engine,
        new Delivery(clock, listener));
  }

  private SequenceFeed feed(String sequenceId, int index, Part part, EchoMode mode) {
    return new SequenceFeed(
        sequenceId,
        index,
        new SequenceFeed.Prompt(
            part.prompt().tokenIds(),
            part.echoText(),
            part.prompt().sampling().logprobs(),
            part.prompt().reasoning()),
        mode,
        spelling);
  }

  private GenerationRequest request(
      String sequenceId,
      Part part,
      int choice,
      Plan plan,
      ResolvedTarget target,
      @Nullable SharedLease lease,
      io.talchum.engine.GenerationSink sink) {
    return new GenerationRequest(
            sequenceId,
            part.prompt().tokenIds(),
            lease == null ? null : lease.part(),
            reseeded(part.prompt().sampling(), choice),
            target.fairnessName() + "/" + plan.caller().tenant(),
            deadline(plan.caller()),
            sink)
        .withCacheSalt(plan.caller().tenant());
  }

  private static GenerationRequest recorded(
      GenerationRequest request, Recording recording, EchoMode mode) {
    return request.withSink(
        recording.sink(
            new RecordedSequence.Start(
                request.id(),
                request.promptTokenIds(),
                request.sampling(),
                mode != EchoMode.PROMPT),
            request.sink()));
  }

  private void submit(List<GenerationRequest> requests) {
    int submitted = 0;
    try {
      for (GenerationRequest request : requests) {
        engine.submit(request);
        submitted++;
      }
    } catch (ServeException e) {
      requests.subList(0, submitted).forEach(request -> engine.cancel(request.id()));
      requests.subList(submitted, requests.size()).forEach(GenerationStarter::closeLease);
      throw e;
    }
  }

  private static void closeLease(GenerationRequest request) {
    if (request.adapter() != null) {
      request.adapter().close();
    }
  }

  /** When a request of the caller that has arrived now must have ended; null never. */
  @Nullable Instant deadline(Caller caller) {
    Duration most = limits.deadline();
    Instant latest = most == null ? null : clock.instant().plus(most);
    Instant asked = caller.deadline();
    if (asked == null || latest == null) {
      return asked == null ? latest : asked;
    }
    return asked.isBefore(latest) ? asked : latest;
  }

  /** The first choice has the request's own seed, so that n does not change it. */
  private static SamplingParams reseeded(SamplingParams s, int choice) {
    return choice == 0 ? s : s.withSeed(s.seed() + choice * SEED_STEP);
  }
}
