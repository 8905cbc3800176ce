package io.talchum.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.adapter.AdapterCache;
import io.talchum.adapter.AdapterCacheListener;
import io.talchum.adapter.AdapterContent;
import io.talchum.adapter.AdapterDirectory;
import io.talchum.adapter.AdapterReader;
import io.talchum.adapter.AdapterRegistry;
import io.talchum.adapter.AdapterSelfTest;
import io.talchum.adapter.AdapterWeights;
import io.talchum.adapter.ResidentAdapter;
import io.talchum.adapter.store.AdapterStore;
import io.talchum.adapter.store.SelfTestStore;
import io.talchum.adapter.store.StoreSource;
import io.talchum.core.ContentHash;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real directory and real events. */
class AdapterWatchTest {
  private static final ContentHash BASE = new ContentHash("0123456789abcdef".repeat(4));
  private static final String CONFIG = AdapterDirectory.CONFIG;
  private static final String WEIGHTS = "adapter_model.safetensors";

  /** An adapter is the text of its weights. */
  private static final AdapterReader READER =
      folder -> {
        try {
          if (!Files.exists(folder.resolve(WEIGHTS))) {
            throw new ServeException(ErrorCode.INVALID_ADAPTER, "there is no " + WEIGHTS);
          }
          return new AdapterContent(
              "LORA",
              hash(Files.readString(folder.resolve(WEIGHTS))),
              String.valueOf(folder.getFileName()),
              1,
              1,
              1,
              1,
              AdapterWeights.of());
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      };

  @TempDir Path temp;
  private final List<String> heard = Collections.synchronizedList(new ArrayList<>());
  private Path root;
  private AdapterStore store;
  private AdapterCache cache;
  private AdapterRegistry registry;
  private AdapterService adapters;
  private AdapterWatch watch;

  private record Resident() implements ResidentAdapter {
    @Override
    public long residentBytes() {
      return 1;
    }

    @Override
    public void close() {}
  }

  private final class Listener implements AdapterWatchListener {
    @Override
    public void onFolderLoaded(String name) {
      heard.add("loaded " + name);
    }

    @Override
    public void onFolderUnloaded(String name) {
      heard.add("unloaded " + name);
    }

    @Override
    public void onFolderFailed(String name, String reason) {
      heard.add("failed " + name + ": " + reason);
    }
  }

  @BeforeEach
  void open() throws IOException {
    root = Files.createDirectories(temp.resolve("adapters"));
    write("there", "first");
    InstantSource clock = InstantSource.system();
    store =
        AdapterStore.open(
            temp.resolve("store"),
            new AdapterStore.Base("base", BASE, READER, w -> new Resident(), AdapterSelfTest.NONE),
            clock);
    cache =
        new AdapterCache(
            weights -> new Resident(),
            new AdapterCache.Limits(100, 100),
            clock,
            AdapterCacheListener.NONE);
    registry = new AdapterRegistry(Set.of("base"), READER, AdapterSelfTest.NONE, cache, clock);
    AdapterCards cards = new AdapterCards(cache, SelfTestStore.open(temp.resolve("tests"), BASE));
    AdapterDirectory directory = new AdapterDirectory(List.of(root));
    adapters =
        new AdapterService(
            "base",
            registry,
            directory,
            new StoredAdapters(
                "base", new StoreSource(store, AdapterSelfTest.NONE), cache, registry, cards, 1),
            cards);
    watch =
        new AdapterWatch(
            directory.roots().getFirst(), adapters, Duration.ofMillis(50), clock, new Listener());
    AdapterDirectory.Scan unused = directory.addAll(registry);
    watch.start();
  }

  @AfterEach
  void close() {
    watch.close();
    registry.close();
    cache.close();
    store.close();
  }

  private static ContentHash hash(String text) {
    MessageDigest digest = ContentHash.newDigest();
    digest.update(text.getBytes(StandardCharsets.UTF_8));
    return ContentHash.of(digest);
  }

  private void write(String name, String weights) throws IOException {
    Path folder = Files.createDirectories(root.resolve(name));
    Files.writeString(folder.resolve(CONFIG), "{}");
    Files.writeString(folder.resolve(WEIGHTS), weights);
  }

  private void remove(String name) throws IOException {
    Files.delete(root.resolve(name).resolve(CONFIG));
    Files.delete(root.resolve(name).resolve(WEIGHTS));
    Files.delete(root.resolve(name));
  }

  private boolean serves(String name, String weights) {
    return adapters.find(name).filter(a -> a.version().equals(hash(weights))).isPresent();
  }

  private void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("%s; heard %s", what, heard).isLessThan(deadline);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
    }
  }

  /** Everything before it has been dealt with: folders are taken in order of their times. */
  private void settle(String mark) throws IOException {
    write(mark, mark);
    await(mark, () -> heard.contains("loaded " + mark));
  }

  @Test
  void followsFoldersThatComeChangeAndGo() throws IOException {
    write("new", "one");
    await("load", () -> serves("new", "one"));
    Files.writeString(root.resolve("new").resolve(WEIGHTS), "two, longer");
    await("replacement", () -> serves("new", "two, longer"));
    remove("new");
    await("unload", () -> adapters.find("new").isEmpty());
    await("news", () -> heard.size() == 3);
    assertThat(heard).containsExactly("loaded new", "loaded new", "unloaded new");
    assertThat(serves("there", "first")).isTrue();
  }

  @Test
  void whatWasThereAtTheStartIsFollowedToo() throws IOException {
    assertThat(serves("there", "first")).isTrue();
    write("there", "second, longer");
    await("replacement", () -> serves("there", "second, longer"));
    remove("there");
    await("unload", () -> adapters.find("there").isEmpty());
  }

  @Test
  void aFolderWithoutItsConfigurationIsNotTaken() throws IOException {
    Path folder = Files.createDirectories(root.resolve("slow"));
    Files.writeString(folder.resolve(WEIGHTS), "weights");
    settle("mark");
    assertThat(adapters.find("slow")).isEmpty();
    Files.writeString(folder.resolve(CONFIG), "{}");
    await("load", () -> serves("slow", "weights"));
    assertThat(heard).containsExactly("loaded mark", "loaded slow");
  }

  @Test
  void anIncompleteFolderIsToldOnceAndTakenWhenItIsComplete() throws IOException {
    Path folder = Files.createDirectories(root.resolve("half"));
    Files.writeString(folder.resolve(CONFIG), "{}");
    await("refusal", () -> heard.contains("failed half: there is no " + WEIGHTS));
    settle("mark");
    Files.writeString(folder.resolve(WEIGHTS), "weights");
    await("load", () -> serves("half", "weights"));
    assertThat(heard.stream().filter(line -> line.startsWith("failed"))).hasSize(1);
  }

  @Test
  void aBadReplacementLeavesTheOldVersion() throws IOException {
    Files.delete(root.resolve("there").resolve(WEIGHTS));
    await("refusal", () -> heard.contains("failed there: there is no " + WEIGHTS));
    assertThat(serves("there", "first")).isTrue();
    Files.delete(root.resolve("there").resolve(CONFIG));
    settle("mark");
    assertThat(serves("there", "first")).isTrue();
  }

  @Test
  void foldersInsideAreWatchedToo() throws IOException {
    write("outer", "one");
    await("load", () -> serves("outer", "one"));
    Path inner = Files.createDirectories(root.resolve("outer").resolve("member"));
    settle("mark");
    Files.writeString(inner.resolve("x"), "1");
    Files.writeString(root.resolve("outer").resolve(WEIGHTS), "two, longer");
    await("replacement", () -> serves("outer", "two, longer"));
  }

  @Test
  void aFolderIsMovedInWhole() throws IOException {
    write(".making", "whole");
    settle("mark");
    assertThat(adapters.find(".making")).isEmpty();
    Files.move(root.resolve(".making"), root.resolve("made"), StandardCopyOption.ATOMIC_MOVE);
    await("load", () -> serves("made", "whole"));
    assertThat(heard).containsExactly("loaded mark", "loaded made");
  }

  @Test
  void whatSomebodyElseHasLoadedStays() throws IOException {
    write("other", "other");
    await("load", () -> serves("other", "other"));
    LoadedAdapter unused = adapters.load("there", "other", null, true);
    remove("there");
    settle("mark");
    assertThat(serves("there", "other")).isTrue();
  }
}
