package io.talchum.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.adapter.ResidentAdapter;
import io.talchum.core.ErrorCode;
import io.talchum.core.SamplingParams;
import io.talchum.core.ServeException;
import io.talchum.model.ForwardPass;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Forward passes between the steps of requests. */
class ProbeTest {
  private static final int[] PROMPT = {3, 4, 5};
  private static final int[] PROBED = {7, 8, 9, 10};

  private final FakeModelExecutor executor = new FakeModelExecutor(2, 64);
  private final CoreHarness harness = new CoreHarness(executor);

  private static SamplingParams endless(int maxTokens) {
    return SamplingParams.builder(maxTokens).temperature(0).ignoreEos(true).build();
  }

  private Probe probe(@Nullable ResidentAdapter adapter) {
    Probe probe = new Probe(PROBED, adapter);
    harness.core.accept(probe);
    return probe;
  }

  private float[] alone(long content) {
    FakeModelExecutor other = new FakeModelExecutor(1, 64);
    return ForwardPass.logits(
        other, 0, content == 0 ? null : other.new FakeAdapter(content), PROBED);
  }

  @Test
  void givesTheLogitsOfThePromptAlone() {
    Probe plain = probe(null);
    Probe adapted = probe(executor.new FakeAdapter(42));
    harness.runAll();
    assertThat(plain.await(null)).isEqualTo(alone(0));
    assertThat(adapted.await(null)).isEqualTo(alone(42)).isNotEqualTo(alone(0));
  }

  @Test
  void aLongPromptIsReadInPiecesOfTheExecutor() {
    int[] tokens = new int[executor.maxPrefillTokens() + 3];
    FakeModelExecutor whole =
        new FakeModelExecutor(1, 64) {
          @Override
          public int maxPrefillTokens() {
            return 64;
          }
        };
    assertThat(ForwardPass.logits(executor, 1, null, tokens))
        .isEqualTo(ForwardPass.logits(whole, 0, null, tokens));
  }

  @Test
  void takesTurnsWithDecodeAndPrefillSteps() {
    RecordingSink running = new RecordingSink();
    harness.submit(endless(40), running, PROMPT);
    harness.step();
    executor.isRecording = true;
    List<Probe> probes = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      probes.add(probe(null));
    }
    harness.runAll();
    for (Probe probe : probes) {
      assertThat(probe.await(null)).isEqualTo(alone(0));
    }
    assertThat(running.tokenIds()).isEqualTo(CoreHarness.alone(PROMPT, 0, endless(40)).tokenIds());
    List<String> kinds =
        executor.calls.stream()
            .filter(call -> call.startsWith("decode") || call.startsWith("prefill"))
            .map(call -> call.split(" ")[0])
            .limit(10)
            .toList();
    assertThat(kinds).startsWith("decode", "prefill", "decode", "prefill", "decode", "prefill");
  }

  @Test
  void theLastFreeSlotWaitsForIt() {
    harness.submit(endless(8), new RecordingSink(), PROMPT);
    harness.submit(endless(30), new RecordingSink(), PROMPT);
    harness.step();
    harness.step();
    Probe probe = probe(null);
    for (int i = 0; i < 6; i++) {
      harness.submit(endless(20), new RecordingSink(), PROMPT);
    }
    assertThat(harness.core.slots().running()).isEqualTo(2);
    while (harness.core.slots().running() == 2) {
      harness.step();
    }
    for (int i = 0; i < 3 && !probe.isGivenUp(); i++) {
      harness.step();
    }
    assertThat(probe.await(Duration.ZERO)).isEqualTo(alone(0));
    harness.runAll();
  }

  @Test
  void whatFailsInItIsItsOwn() {
    RecordingSink running = new RecordingSink();
    harness.submit(endless(10), running, PROMPT);
    harness.step();
    Probe probe = probe(null);
    executor.failNextBinds(1);
    harness.runAll();
    assertThatThrownBy(() -> probe.await(null)).hasMessageContaining("asked to fail");
    assertThat(running.finished().completionTokens()).isEqualTo(10);
  }

  @Test
  void oneThatWasGivenUpNeverRuns() {
    Probe probe = probe(null);
    assertThatThrownBy(() -> probe.await(Duration.ZERO))
        .isInstanceOfSatisfying(
            ServeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED));
    executor.isRecording = true;
    harness.runAll();
    assertThat(executor.calls).isEmpty();
  }

  @Test
  void failsWithTheEngine() {
    Probe probe = probe(null);
    harness.core.failAll(() -> new ServeException(ErrorCode.SHUTTING_DOWN, "the end"));
    assertThat(harness.core.hasWork()).isFalse();
    assertThatThrownBy(() -> probe.await(null)).hasMessage("the end");
  }
}
