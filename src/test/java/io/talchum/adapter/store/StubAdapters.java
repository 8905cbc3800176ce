package io.talchum.adapter.store;

import io.talchum.adapter.AdapterContent;
import io.talchum.adapter.AdapterId;
import io.talchum.adapter.AdapterSelfTest;
import io.talchum.adapter.AdapterWeights;
import io.talchum.adapter.LowRankDelta;
import io.talchum.adapter.ResidentAdapter;
import io.talchum.core.ContentHash;
import io.talchum.core.ErrorCode;
import io.talchum.core.Linear;
import io.talchum.core.ServeException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.InstantSource;
import java.util.List;

/** Adapters that are one small file; its text is the mark and decides the version. */
final class StubAdapters {
  static final String FILE = "adapter_config.json";
  private static final ContentHash BASE = new ContentHash("0123456789abcdef".repeat(4));

  private StubAdapters() {}

  static AdapterStore.Base base() {
    return new AdapterStore.Base(
        "base", BASE, StubAdapters::read, weights -> new Stub(), new StubSelfTest());
  }

  /** Refuses what is marked loud. */
  private static final class StubSelfTest implements AdapterSelfTest {
    @Override
    public void admit(AdapterId id, List<Part> parts) {
      if (id.version().equals(version("loud"))) {
        throw new ServeException(ErrorCode.INVALID_ADAPTER, id.name() + " is loud");
      }
    }

    @Override
    public void firstUse(AdapterId id, List<Part> parts) {}
  }

  private record Stub() implements ResidentAdapter {
    @Override
    public long residentBytes() {
      return 100;
    }

    @Override
    public void close() {}
  }

  static AdapterStore open(Path root) {
    return AdapterStore.open(root, base(), InstantSource.system());
  }

  static Path folder(Path parent, String mark) {
    try {
      Path folder = Files.createDirectories(parent.resolve("mark-" + mark));
      Files.writeString(folder.resolve(FILE), mark);
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static ContentHash version(String mark) {
    MessageDigest digest = ContentHash.newDigest();
    digest.update(mark.getBytes(StandardCharsets.UTF_8));
    return ContentHash.of(digest);
  }

  private static AdapterContent read(Path folder) {
    try {
      String mark = Files.readString(folder.resolve(FILE));
      if (mark.startsWith("bad")) {
        throw new ServeException(ErrorCode.INVALID_ADAPTER, "a bad adapter");
      }
      LowRankDelta delta = new LowRankDelta(0, Linear.Q, 1, 1, new float[1], new float[1]);
      return new AdapterContent(
          "LORA", version(mark), "stub", 1, 1, 1, 8, AdapterWeights.of(delta));
    } catch (IOException e) {
      throw new ServeException(ErrorCode.INVALID_ADAPTER, "unreadable", e);
    }
  }
}
