package io.talchum.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.adapter.AdapterId;
import io.talchum.adapter.AdapterLease;
import io.talchum.adapter.ResidentAdapter;
import io.talchum.core.ContentHash;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SharedLeaseTest {
  private final AdapterId id = new AdapterId("a", new ContentHash("ab".repeat(32)));
  private final AtomicInteger closings = new AtomicInteger();
  private final ResidentAdapter resident =
      new ResidentAdapter() {
        @Override
        public long residentBytes() {
          return 1;
        }

        @Override
        public void close() {}
      };
  private final AdapterLease lease =
      new AdapterLease() {
        @Override
        public AdapterId id() {
          return id;
        }

        @Override
        public ResidentAdapter resident() {
          return resident;
        }

        @Override
        public void close() {
          closings.incrementAndGet();
        }
      };

  @Test
  void isOpenAsLongAsAnyPartIs() {
    SharedLease shared = new SharedLease(lease);
    AdapterLease first = shared.part();
    AdapterLease second = shared.part();
    assertThat(first.id()).isEqualTo(id);
    assertThat(second.resident()).isSameAs(resident);
    shared.close();
    first.close();
    assertThat(closings).hasValue(0);
    second.close();
    assertThat(closings).hasValue(1);
  }

  @Test
  void aPartThatIsClosedTwiceIsClosedOnce() {
    SharedLease shared = new SharedLease(lease);
    AdapterLease first = shared.part();
    AdapterLease second = shared.part();
    first.close();
    first.close();
    shared.close();
    assertThat(closings).hasValue(0);
    second.close();
    assertThat(closings).hasValue(1);
  }

  @Test
  void withoutPartsItEndsWithTheRequest() {
    new SharedLease(lease).close();
    assertThat(closings).hasValue(1);
  }

  @Test
  void partsThatCloseTogetherCloseItOnce() throws Exception {
    for (int round = 1; round <= 200; round++) {
      SharedLease shared = new SharedLease(lease);
      List<Future<?>> threads = new ArrayList<>();
      try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
        for (int i = 0; i < 8; i++) {
          AdapterLease part = shared.part();
          threads.add(pool.submit(part::close));
        }
        threads.add(pool.submit(shared::close));
        for (Future<?> thread : threads) {
          thread.get(30, TimeUnit.SECONDS);
        }
      }
      assertThat(closings).hasValue(round);
    }
  }
}
