package io.talchum.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.time.Duration;
import java.time.InstantSource;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SelfTestRoomTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  private final AdapterCache cache =
      new AdapterCache(
          CountingResident::new,
          new AdapterCache.Limits(100, 10),
          InstantSource.system(),
          AdapterCacheListener.NONE);

  @AfterEach
  void close() {
    cache.close();
  }

  private AdapterRoom room(Duration patience) {
    return cache.trialRoom(patience);
  }

  @Test
  void trialsCountUntilTheyEnd() {
    try (AdapterRoom.Taken first = room(LONG).take(60)) {
      assertThat(cache.usedBytes()).isEqualTo(60);
      first.resize(40);
      assertThat(cache.usedBytes()).isEqualTo(40);
      first.resize(90);
      assertThat(cache.usedBytes()).isEqualTo(90);
    }
    assertThat(cache.usedBytes()).isZero();
  }

  @Test
  void waitsForRoomAndGivesUp() {
    AdapterRoom.Taken first = room(LONG).take(60);
    refused(
        Duration.ofMillis(1),
        ErrorCode.QUEUE_FULL,
        60,
        "needs 60 bytes of memory to be tried",
        "60 of 100 bytes");
    Thread.ofVirtual().start(first::close);
    room(LONG).take(60).close();
    assertThat(cache.usedBytes()).isZero();
  }

  @Test
  void refusesWhatCanNeverFit() {
    refused(
        LONG, ErrorCode.INVALID_REQUEST, 101, "needs 101 bytes", "talchum.adapter-memory is 100");
    assertThat(cache.usedBytes()).isZero();
  }

  @Test
  void whatTurnsOutTooLargeIsGivenBack() {
    try (AdapterRoom.Taken first = room(LONG).take(60);
        AdapterRoom.Taken second = room(LONG).take(30)) {
      assertThatThrownBy(() -> second.resize(50)).hasMessageContaining("needs 50 bytes");
      assertThat(cache.usedBytes()).isEqualTo(60);
      first.resize(61);
    }
    assertThat(cache.usedBytes()).isZero();
  }

  private void refused(Duration patience, ErrorCode code, long bytes, String... parts) {
    assertThatThrownBy(() -> room(patience).take(bytes))
        .asInstanceOf(InstanceOfAssertFactories.type(ServeException.class))
        .satisfies(e -> assertThat(e.code()).isEqualTo(code))
        .satisfies(e -> assertThat(e.getMessage()).contains(parts));
  }
}
