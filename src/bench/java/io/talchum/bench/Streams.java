package io.talchum.bench;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Runs the requests of a round: a virtual thread per stream.
 *
 * @param timeout longest silence of a server within a request
 */
record Streams(Prompts prompts, Duration timeout) {
  /**
   * What a round gave.
   *
   * @param adapters of the timings' requests, indices; -1 is the base
   * @param outsideModelMillis per request: its time less the model's; empty if not known
   * @param before the server's own histogram before the round
   * @param after and after it
   */
  record Outcome(
      List<RequestTiming> timings,
      List<Integer> adapters,
      List<Double> outsideModelMillis,
      ServerOverhead before,
      ServerOverhead after) {}

  private record Answered(Call call, Recording recording, OptionalDouble modelSeconds) {}

  /**
   * Runs a round.
   *
   * @param place what the prompts are drawn for; the same place gives the same prompts
   * @throws ServeException if a request fails
   */
  Outcome run(Target target, Workload workload, String place) {
    ServerOverhead before = overhead(target);
    List<Answered> answered = answers(target, workload, place);
    return outcome(answered, before, overhead(target));
  }

  private ServerOverhead overhead(Target target) {
    try {
      return ServerOverhead.read(target, timeout);
    } catch (IOException e) {
      throw failed(target, e);
    }
  }

  private List<Answered> answers(Target target, Workload workload, String place) {
    List<Answered> answered = new ArrayList<>();
    CountDownLatch start = new CountDownLatch(1);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<List<Answered>>> streams = new ArrayList<>();
      CountDownLatch connected = new CountDownLatch(workload.streams());
      for (int stream = 0; stream < workload.streams(); stream++) {
        List<Call> calls = calls(target, workload, stream, place);
        streams.add(
            threads.submit(() -> stream(target, calls, workload.watchesModel(), connected, start)));
      }
      connected.await();
      start.countDown();
      for (Future<List<Answered>> stream : streams) {
        answered.addAll(stream.get());
      }
    } catch (ExecutionException e) {
      throw failed(target, e.getCause() == null ? e : e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ServeException(ErrorCode.CANCELLED, "the benchmark was interrupted", e);
    }
    return answered;
  }

  private List<Call> calls(Target target, Workload workload, int stream, String place) {
    List<Call> calls = new ArrayList<>();
    for (int call = 0; call < workload.callsPerStream(); call++) {
      calls.add(
          new Call(
              prompt(workload, place, stream, call),
              workload.outputTokens(),
              workload.adapterOf(
                  stream,
                  call,
                  Math.max(1, target.adapters().size()),
                  prompts.number(place, stream, call))));
    }
    return calls;
  }

  private List<Integer> prompt(Workload workload, String place, int stream, int call) {
    List<Integer> prompt =
        new ArrayList<>(prompts.draw(workload.sharedTokens(), place, stream, "shared"));
    prompt.addAll(prompts.draw(workload.promptTokens(), place, stream, call));
    return prompt;
  }

  /** The first request waits, connected, for the other streams. */
  private List<Answered> stream(
      Target target,
      List<Call> calls,
      boolean watchesModel,
      CountDownLatch connected,
      CountDownLatch start)
      throws IOException, InterruptedException {
    List<Answered> answered = new ArrayList<>();
    try (Exchange first = first(target, calls.getFirst(), connected)) {
      start.await();
      OptionalDouble before = modelSeconds(target, watchesModel);
      answered.add(new Answered(calls.getFirst(), first.run(), OptionalDouble.empty()));
      for (Call call : calls.subList(1, calls.size())) {
        before = addModelTime(answered, before, modelSeconds(target, watchesModel));
        try (Exchange exchange = open(target, call)) {
          answered.add(new Answered(call, exchange.run(), OptionalDouble.empty()));
        }
      }
      addModelTime(answered, before, modelSeconds(target, watchesModel));
    }
    return answered;
  }

  private Exchange first(Target target, Call call, CountDownLatch connected) throws IOException {
    try {
      return open(target, call);
    } finally {
      connected.countDown();
    }
  }

  private Exchange open(Target target, Call call) throws IOException {
    return Exchange.post(target, "/v1/completions", CompletionBody.of(target, call), timeout);
  }

  private OptionalDouble modelSeconds(Target target, boolean watchesModel) throws IOException {
    return watchesModel ? StepTimer.seconds(target, timeout) : OptionalDouble.empty();
  }

  /** Completes the last answer. */
  private static OptionalDouble addModelTime(
      List<Answered> answered, OptionalDouble before, OptionalDouble after) {
    if (before.isPresent() && after.isPresent()) {
      double spent = after.getAsDouble() - before.getAsDouble();
      Answered last = answered.removeLast();
      answered.add(new Answered(last.call(), last.recording(), OptionalDouble.of(spent)));
    }
    return after;
  }

  private static Outcome outcome(
      List<Answered> answered, ServerOverhead before, ServerOverhead after) {
    List<RequestTiming> timings = new ArrayList<>();
    List<Integer> adapters = new ArrayList<>();
    List<Double> outside = new ArrayList<>();
    for (Answered answer : answered) {
      RequestTiming timing = StreamAnswer.read(answer.recording(), answer.call());
      timings.add(timing);
      adapters.add(answer.call().adapter());
      answer
          .modelSeconds()
          .ifPresent(seconds -> outside.add(timing.totalNanos() / 1e6 - seconds * 1e3));
    }
    return new Outcome(timings, adapters, outside, before, after);
  }

  private static ServeException failed(Target target, Throwable cause) {
    return cause instanceof ServeException refused
        ? refused
        : new ServeException(
            ErrorCode.INTERNAL,
            "%s did not answer to the end (%s); is it running, and is --timeout long enough?"
                .formatted(target, cause),
            cause);
  }
}
