package io.talchum.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.core.ErrorCode;
import io.talchum.core.FinishReason;
import io.talchum.core.SamplingParams;
import io.talchum.core.ServeException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EngineTest {
  private final FakeModelExecutor executor = new FakeModelExecutor(4, 64);
  private final Engine engine = start(executor, 2);

  static Engine start(FakeModelExecutor executor, int queueCapacity) {
    return Engine.start(
        executor,
        new FakeTokenizer(),
        new EngineConfig(Set.of(FakeTokenizer.EOS), queueCapacity, 4, 8),
        InstantSource.system(),
        EngineListener.NONE);
  }

  static GenerationRequest request(SamplingParams sampling, GenerationSink sink, int... prompt) {
    return new GenerationRequest("test", prompt, null, sampling, "key", null, sink);
  }

  @AfterEach
  void close() {
    engine.close();
  }

  @Test
  void generatesUntilItsLimit() {
    RecordingSink sink = new RecordingSink();
    engine.submit(request(SamplingParams.greedy(10), sink, 5, 6, 7));
    sink.await();
    assertThat(sink.error).isNull();
    assertThat(sink.finished().promptTokens()).isEqualTo(3);
    assertThat(sink.finished().completionTokens()).isEqualTo(sink.tokens.size());
    assertThat(sink.finished().finishReason())
        .isEqualTo(sink.tokens.size() == 10 ? FinishReason.LENGTH : FinishReason.STOP);
    assertThat(sink.text())
        .isEqualTo(
            new FakeTokenizer().decode(sink.tokenIds().stream().mapToInt(i -> i).toArray(), true));
  }

  @Test
  void drainsThenRefuses() {
    RecordingSink sink = new RecordingSink();
    engine.submit(request(SamplingParams.greedy(10), sink, 5, 6, 7));
    assertThat(engine.drain(Duration.ofSeconds(30))).isTrue();
    assertThat(sink.hasEnded()).isTrue();
    assertThat(sink.result).isNotNull();
    assertThatThrownBy(
            () -> engine.submit(request(SamplingParams.greedy(1), new RecordingSink(), 5)))
        .isInstanceOfSatisfying(
            ServeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.SHUTTING_DOWN));
  }
}
