package io.talchum.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.core.Caller;
import io.talchum.core.ErrorCode;
import io.talchum.core.FinishReason;
import io.talchum.core.Interaction;
import io.talchum.core.SamplingParams;
import io.talchum.core.ServeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the recorder gets, and that the end of an answer waits for it. */
class RecordingTest {
  private static final int[] PROMPT = {'a', 'b'};

  private final MemoryRecorder recorder = new MemoryRecorder();
  private StarterHarness harness = new StarterHarness(recorder);

  @AfterEach
  void close() {
    harness.close();
  }

  @Test
  void everySequenceIsRecordedWithItsTokensAndLogprobs() throws InterruptedException {
    SamplingParams drawn = Sampled.params(100, 1f, false); // to the end of the context
    try (Generation generation = harness.start(2, drawn, PROMPT, new int[] {'c'});
        Generation asked = harness.start(2, Sampled.params(100, 1f, true), PROMPT)) {
      List<Choice> choices = generation.await();
      Interaction kept = recorder.next().interaction();
      assertThat(kept.id()).isEqualTo(generation.id());
      assertThat(kept.created()).isEqualTo(generation.created());
      assertThat(kept.tenant()).isEqualTo(Caller.ANONYMOUS.tenant());
      assertThat(kept.tags()).isEqualTo(StarterHarness.TAGS);
      assertThat(kept.versions()).isEqualTo(harness.versions);
      assertThat(kept.choices()).extracting(Interaction.Choice::index).containsExactly(0, 1, 2, 3);
      for (Interaction.Choice choice : kept.choices()) {
        assertThat(choice.id()).isEqualTo(generation.id() + "-" + choice.index());
        assertThat(choice.promptTokenIds())
            .isEqualTo(choice.index() < 2 ? PROMPT : new int[] {'c'});
        assertThat(text(choice)).isEqualTo(choices.get(choice.index()).text());
        assertThat(choice.logprobs()).hasSameSizeAs(choice.completionTokenIds());
        assertThat(choice.ending())
            .isEqualTo(new Interaction.Ending.Finished(FinishReason.LENGTH, Optional.empty(), 0));
        assertThat(choice.times().ttft()).isEqualTo(Duration.ZERO); // the clock stands still
      }
      assertThat(kept.choices().get(0).sampling()).isEqualTo(drawn);
      assertThat(kept.choices().get(1).sampling().seed()).isNotEqualTo(drawn.seed());
      assertLogprobsAreThoseOfTheAnswer(kept.choices().getFirst(), asked.await().getFirst());
    }
  }

  /** The client of the first did not ask for them. */
  private static void assertLogprobsAreThoseOfTheAnswer(
      Interaction.Choice recorded, Choice answer) {
    List<Float> logprobs = new ArrayList<>();
    for (float logprob : recorded.logprobs()) {
      logprobs.add(logprob);
    }
    assertThat(answer.tokens())
        .extracting(TokenDetail::logprob)
        .containsExactlyElementsOf(logprobs);
  }

  @Test
  void theLastEventIsReleasedByTheRecorder() throws InterruptedException {
    recorder.hold(true);
    try (Generation generation = harness.start(1, SamplingParams.greedy(3), PROMPT)) {
      MemoryRecorder.Handed handed = recorder.next();
      List<GenerationEvent> before = new ArrayList<>();
      for (GenerationEvent e = generation.poll(); e != null; e = generation.poll()) {
        before.add(e);
      }
      assertThat(before).hasSize(3).allMatch(GenerationEvent.Delta.class::isInstance);
      assertThat(generation.hasEnded()).isFalse();
      handed.word().complete(null);
      assertThat(generation.next()).isInstanceOf(GenerationEvent.Finish.class);
      assertThat(generation.next()).isNull();
    }
  }

  @Test
  void ofSeveralChoicesTheLastToEndWaits() throws InterruptedException {
    recorder.hold(true);
    try (Generation generation = harness.start(3, SamplingParams.greedy(3), PROMPT)) {
      MemoryRecorder.Handed handed = recorder.next();
      assertThat(handed.interaction().choices()).hasSize(3);
      int finished = 0;
      for (GenerationEvent e = generation.poll(); e != null; e = generation.poll()) {
        finished += e instanceof GenerationEvent.Finish ? 1 : 0;
      }
      assertThat(finished).isEqualTo(2);
      handed.word().complete(null);
      assertThat(generation.next()).isInstanceOf(GenerationEvent.Finish.class);
    }
  }

  @Test
  void aRecorderThatWaitsHoldsUpNobodyElse() throws InterruptedException {
    recorder.hold(true);
    try (Generation slow = harness.start(1, SamplingParams.greedy(3), PROMPT)) {
      MemoryRecorder.Handed handed = recorder.next();
      recorder.hold(false);
      for (int i = 0; i < 10; i++) {
        try (Generation other = harness.start(2, SamplingParams.greedy(3), PROMPT)) {
          assertThat(other.await()).hasSize(2);
        }
      }
      assertThat(slow.hasEnded()).isFalse();
      handed.word().complete(null);
      assertThat(slow.await()).hasSize(1);
    }
  }

  @Test
  void anAbandonedRequestIsRecordedAsFarAsItCame() throws InterruptedException {
    harness.gate.hold();
    Generation generation = harness.start(2, SamplingParams.greedy(50), PROMPT);
    assertThat(generation.next()).isNotNull();
    generation.close();
    harness.gate.open();
    Interaction kept = recorder.next().interaction();
    assertThat(kept.choices())
        .extracting(Interaction.Choice::ending)
        .containsOnly(new Interaction.Ending.Failed(ErrorCode.CANCELLED));
    assertThat(kept.choices().getFirst().completionTokenIds()).hasSizeBetween(1, 49);
    assertThat(kept.choices().getFirst().logprobs())
        .hasSameSizeAs(kept.choices().getFirst().completionTokenIds());
  }

  @Test
  void aRequestThatWasRefusedLeavesNoRecord() throws InterruptedException {
    harness.gate.hold();
    assertThatThrownBy(
            () -> harness.start(StarterHarness.TOO_MANY, SamplingParams.greedy(4), PROMPT))
        .isInstanceOf(ServeException.class);
    harness.gate.open();
    harness.outcome(); // those that were cancelled leave the queue with one step
    Generation accepted = harness.start(1, SamplingParams.greedy(4), PROMPT);
    accepted.await();
    assertThat(recorder.next().interaction().id()).isEqualTo(accepted.id());
    assertThat(recorder.kept()).hasSize(1);
  }

  @Test
  void aFailureOfTheRecorderEndsTheRequest() throws InterruptedException {
    recorder.hold(true);
    try (Generation generation = harness.start(1, SamplingParams.greedy(3), PROMPT)) {
      recorder.next().word().completeExceptionally(new IllegalStateException("disk full"));
      assertUnrecorded(generation, "disk full");
    }
  }

  @Test
  void aRecorderThatThrowsEndsTheRequest() {
    reopen(
        Recordings.Limits.DEFAULT,
        interaction -> {
          throw new IllegalStateException("no disk");
        });
    try (Generation generation = harness.start(2, SamplingParams.greedy(3), PROMPT)) {
      assertUnrecorded(generation, "no disk");
    }
  }

  @Test
  void aRecorderThatNeverAnswersEndsTheRequestAndThenRefusesNewOnes() {
    reopen(
        new Recordings.Limits(1, Duration.ofMillis(20)), interaction -> new CompletableFuture<>());
    try (Generation generation = harness.start(1, SamplingParams.greedy(3), PROMPT)) {
      assertUnrecorded(generation, "it took longer than");
    }
    assertThatThrownBy(() -> harness.start(1, SamplingParams.greedy(3), PROMPT))
        .isInstanceOfSatisfying(
            ServeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.QUEUE_FULL))
        .hasMessageContaining("1 answers wait to be recorded");
  }

  private static void assertUnrecorded(Generation generation, String why) {
    assertThatThrownBy(generation::await)
        .isInstanceOfSatisfying(
            ServeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INTERNAL))
        .hasMessageContaining("could not be recorded")
        .hasMessageContaining(why);
  }

  private interface Writer {
    CompletionStage<?> write(Interaction interaction);
  }

  private void reopen(Recordings.Limits limits, Writer writer) {
    harness.close();
    Recorder other =
        new Recorder() {
          @Override
          public boolean records(Caller caller) {
            return true;
          }

          @Override
          public CompletionStage<?> record(Interaction interaction) {
            return writer.write(interaction);
          }
        };
    harness = new StarterHarness(other, limits, null);
  }

  private static String text(Interaction.Choice choice) {
    StringBuilder text = new StringBuilder();
    for (int id : choice.completionTokenIds()) {
      text.append((char) id);
    }
    return text.toString();
  }
}
