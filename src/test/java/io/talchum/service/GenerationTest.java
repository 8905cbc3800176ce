package io.talchum.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.core.ErrorCode;
import io.talchum.core.FinishReason;
import io.talchum.core.SamplingParams;
import io.talchum.core.ServeException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GenerationTest {
  private static final int[] PROMPT = {'a', 'b'};

  private final StarterHarness harness = new StarterHarness(Recorder.none());

  @AfterEach
  void close() {
    harness.close();
  }

  @Test
  void eventsJoinedAreTheWholeAnswer() {
    SamplingParams drawn = Sampled.params(10, 1f, true);
    try (Generation whole = harness.start(3, drawn, PROMPT);
        Generation streamed = harness.start(3, drawn, PROMPT)) {
      List<ChoiceBuilder> builders =
          List.of(new ChoiceBuilder(0), new ChoiceBuilder(1), new ChoiceBuilder(2));
      for (GenerationEvent e = streamed.next(); e != null; e = streamed.next()) {
        builders.get(e.index()).add(e);
      }
      assertThat(builders.stream().map(ChoiceBuilder::build).toList())
          .usingRecursiveComparison()
          .isEqualTo(whole.await());
      assertThat(streamed.hasEnded()).isTrue();
      assertThat(streamed.next()).isNull();
    }
  }

  @Test
  void aReaderThatPollsIsWokenOnce() throws InterruptedException {
    harness.gate.hold();
    try (Generation generation = harness.start(1, SamplingParams.greedy(2), PROMPT)) {
      Semaphore woken = new Semaphore(0);
      generation.whenReady(woken::release);
      assertThat(woken.tryAcquire(60, TimeUnit.SECONDS)).isTrue();
      assertThat(generation.poll()).isInstanceOf(GenerationEvent.Delta.class);
      assertThat(generation.poll()).isNull();
      assertThat(generation.hasEnded()).isFalse();
      generation.whenReady(woken::release);
      harness.gate.step();
      assertThat(woken.tryAcquire(60, TimeUnit.SECONDS)).isTrue();
      assertThat(woken.availablePermits()).isZero();
      harness.outcome();
      List<GenerationEvent> rest = new ArrayList<>();
      for (GenerationEvent e = generation.poll(); e != null; e = generation.poll()) {
        rest.add(e);
      }
      assertThat(rest.getLast())
          .isInstanceOfSatisfying(
              GenerationEvent.Finish.class,
              finish -> assertThat(finish.reason()).isEqualTo(FinishReason.LENGTH));
      assertThat(generation.hasEnded()).isTrue();
    }
  }

  @Test
  void closingCancelsAllChoices() throws InterruptedException {
    harness.gate.hold();
    Generation generation = harness.start(2, SamplingParams.greedy(50), PROMPT);
    assertThat(generation.next()).isNotNull();
    generation.close();
    harness.gate.open();
    assertThat(harness.outcome().error()).isEqualTo(ErrorCode.CANCELLED);
    assertThat(harness.outcome().error()).isEqualTo(ErrorCode.CANCELLED);
  }

  @Test
  void cancellationFromAnotherThreadEndsTheWait() throws InterruptedException {
    harness.gate.hold();
    Generation generation = harness.start(1, SamplingParams.greedy(50), PROMPT);
    CountDownLatch refused = new CountDownLatch(1);
    Thread reader =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    generation.await();
                  } catch (ServeException e) {
                    assertThat(e.code()).isEqualTo(ErrorCode.CANCELLED);
                    refused.countDown();
                  }
                });
    generation.cancel();
    harness.gate.open();
    assertThat(refused.await(60, TimeUnit.SECONDS)).isTrue();
    reader.join();
  }

  /** The model fails in one choice; the reader hears it once, and the others do not run on. */
  @Test
  void oneFailureEndsAll() throws InterruptedException {
    harness.gate.hold();
    try (Generation generation = harness.start(2, SamplingParams.greedy(50), PROMPT)) {
      harness.engine.cancel(generation.id() + "-1");
      harness.gate.open();
      assertThatThrownBy(generation::await)
          .isInstanceOfSatisfying(
              ServeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CANCELLED));
      assertThat(harness.outcome().error()).isEqualTo(ErrorCode.CANCELLED);
      assertThat(harness.outcome().error()).isEqualTo(ErrorCode.CANCELLED);
    }
  }
}
