package io.talchum.wiring;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.talchum.adapter.AdapterId;
import io.talchum.api.LetterModel;
import io.talchum.core.ContentHash;
import io.talchum.core.FinishReason;
import io.talchum.engine.RequestClass;
import io.talchum.engine.RequestOutcome;
import java.time.Duration;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class EngineMetricsTest {
  private static final ContentHash VERSION = new ContentHash("0123456789abcdef".repeat(4));
  private static final int MORE = 50;

  private final MeterRegistry meters = new SimpleMeterRegistry();
  private final EngineMetrics metrics =
      new EngineMetrics(meters, LetterModel.opened(2, 64), InstantSource.system());

  @Test
  void theNumberOfSeriesStaysBoundedWhateverAdaptersCome() {
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < AdapterLabels.MAX_ADAPTERS + MORE; i++) {
        end(new AdapterId("adapter-" + i, VERSION));
      }
      end(null);
    }
    assertThat(meters.find("talchum_adapter_requests").counters())
        .hasSize(AdapterLabels.MAX_ADAPTERS + 2);
    assertThat(meters.find("talchum_adapter_tokens").counters())
        .hasSize(2 * (AdapterLabels.MAX_ADAPTERS + 2));
    assertThat(requests("adapter-0")).isEqualTo(2);
    assertThat(requests("adapter-" + (AdapterLabels.MAX_ADAPTERS - 1))).isEqualTo(2);
    assertThat(requests("_others")).isEqualTo(2 * MORE);
    assertThat(requests("_base")).isEqualTo(2);
  }

  private double requests(String adapter) {
    return meters.find("talchum_adapter_requests").tag("adapter", adapter).counters().stream()
        .mapToDouble(Counter::count)
        .sum();
  }

  private double background() {
    return meters.find("talchum_background_requests").counters().stream()
        .mapToDouble(Counter::count)
        .sum();
  }

  @Test
  void theBackgroundIsCountedApartAndNotTimed() {
    end(null, RequestClass.BACKGROUND);
    assertThat(background()).isEqualTo(1);
    assertThat(meters.find("talchum_requests").counters()).isEmpty();
    assertThat(meters.get("talchum_queue").timer().count()).isZero();
    assertThat(requests("_base")).isEqualTo(1);
  }

  @Test
  void failedStepsAreCounted() {
    metrics.onStepFailed();
    assertThat(meters.get("talchum_step_failures").counter().count()).isEqualTo(1);
  }

  private void end(@Nullable AdapterId adapter) {
    end(adapter, RequestClass.ONLINE);
  }

  private void end(@Nullable AdapterId adapter, RequestClass requestClass) {
    metrics.onEnd(
        new RequestOutcome(
            requestClass,
            adapter,
            FinishReason.STOP,
            null,
            3,
            5,
            Duration.ZERO,
            Duration.ofMillis(1),
            Duration.ofMillis(1),
            Duration.ofMillis(5)));
  }
}
