package io.talchum.adapter.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.core.ContentHash;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SelfTestStoreTest {
  private static final ContentHash BASE = new ContentHash("0123456789abcdef".repeat(4));
  private static final SelfTest PASSED = new SelfTest(1.5, 20, 0.25, Duration.ofMillis(7), "");
  private static final SelfTest FAILED = new SelfTest(0, 20, 0, Duration.ofMillis(7), "token 3");

  @TempDir Path folder;

  private SelfTestStore open(ContentHash base) {
    return SelfTestStore.open(folder, base);
  }

  @Test
  void remembersByContentAndBase() {
    open(BASE).put(StubAdapters.version("a"), PASSED);
    open(BASE).put(StubAdapters.version("b"), FAILED);
    assertThat(open(BASE).find(StubAdapters.version("a"))).contains(PASSED);
    assertThat(open(BASE).find(StubAdapters.version("b"))).contains(FAILED);
    assertThat(PASSED.passed()).isTrue();
    assertThat(FAILED.passed()).isFalse();
    assertThat(open(BASE).find(StubAdapters.version("c"))).isEmpty();
    assertThat(open(StubAdapters.version("other base")).find(StubAdapters.version("a"))).isEmpty();
  }

  @Test
  void aDamagedResultIsAsGoodAsNone() throws IOException {
    SelfTestStore store = open(BASE);
    store.put(StubAdapters.version("a"), PASSED);
    Files.writeString(folder.resolve(StubAdapters.version("a") + ".json"), "{\"for");
    assertThat(store.find(StubAdapters.version("a"))).isEmpty();
    store.put(StubAdapters.version("a"), PASSED);
    assertThat(store.find(StubAdapters.version("a"))).contains(PASSED);
  }

  @Test
  void forgetsTheOldest() throws IOException {
    SelfTestStore store = open(BASE);
    for (int i = 0; i < 5; i++) {
      store.put(StubAdapters.version("v" + i), PASSED);
      Files.setLastModifiedTime(
          folder.resolve(StubAdapters.version("v" + i) + ".json"), FileTime.fromMillis(1000L * i));
    }
    store.forgetOldest(2);
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).hasSize(2);
    }
    assertThat(store.find(StubAdapters.version("v2"))).isEmpty();
    assertThat(store.find(StubAdapters.version("v3"))).contains(PASSED);
  }
}
