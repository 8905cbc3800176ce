package io.talchum.adapter;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class AdapterVersionTest {
  private final AdapterContent adapter = TestAdapters.marked(1);
  private final CountingResident resident = new CountingResident(adapter.weights());
  private final AdapterVersion version =
      new AdapterVersion(
          new AdapterId("a", adapter.version()), adapter, List.of(resident), () -> {});

  @Test
  void lastReferenceClosesOnceAndForAll() {
    assertThat(version.retain()).isTrue();
    version.release();
    assertThat(resident.closings).hasValue(0);

    version.release();

    assertThat(resident.closings).hasValue(1);
    assertThat(version.retain()).isFalse();
    assertThat(version.retain()).isFalse();
    assertThat(resident.closings).hasValue(1);
    assertThat(version.leases()).isZero();
  }
}
