package io.talchum.adapter.store;

import static io.talchum.adapter.store.StubAdapters.version;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.adapter.AdapterFacts;
import io.talchum.adapter.AdapterId;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdapterStoreTest {
  @TempDir Path temp;
  private AdapterStore store;

  @BeforeEach
  void open() {
    store = StubAdapters.open(temp.resolve("store"));
  }

  @AfterEach
  void close() {
    store.close();
  }

  @Test
  void keepsWhatWasPut() {
    AdapterCard card = put("a", "one", true);
    assertThat(card.version()).isEqualTo(version("one"));
    assertThat(card.residentBytes()).isEqualTo(100);
    assertThat(card.files())
        .extracting(AdapterCard.StoredFile::name)
        .containsExactly(StubAdapters.FILE);
    store.close();
    store = StubAdapters.open(temp.resolve("store"));
    assertThat(store.card(version("one"))).isEqualTo(card);
    assertThat(store.list())
        .singleElement()
        .satisfies(a -> assertThat(a.current()).isEqualTo(version("one")));
    assertThat(store.read(new AdapterId("a", version("one"))).version()).isEqualTo(version("one"));
  }

  @Test
  void whatFailsItsSelfTestLeavesNothing() throws IOException {
    assertRefused(() -> put("a", "loud", true), ErrorCode.INVALID_ADAPTER, "a is loud");
    put("b", "one", true);
    assertRefused(() -> put("b", "loud", true), ErrorCode.INVALID_ADAPTER, "b is loud");
    assertThat(store.find("a")).isEmpty();
    assertThat(store.find("b").orElseThrow().versions()).containsExactly(version("one"));
    try (Stream<Path> entries = Files.list(temp.resolve("store"))) {
      assertThat(entries.map(e -> e.getFileName().toString()).filter(e -> e.startsWith("sha256-")))
          .containsExactly(version("one").toString());
    }
    try (Stream<Path> staged = Files.list(temp.resolve("store/.staging"))) {
      assertThat(staged).as("only the lock").hasSize(1);
    }
  }

  @Test
  void activatesAndRollsBack() {
    put("a", "one", true);
    put("a", "two", false);
    assertThat(store.find("a").orElseThrow().current()).isEqualTo(version("one"));
    store.activate("a", version("two").hex().substring(0, 8));
    put("a", "three", true);
    assertThat(store.rollBack("a").current()).isEqualTo(version("two"));
    assertThat(store.rollBack("a").current()).isEqualTo(version("one"));
    assertRefused(() -> store.rollBack("a"), ErrorCode.INVALID_REQUEST, "no version before");
    assertThat(store.find("a").orElseThrow().history())
        .extracting(StoredName.Event::action)
        .containsExactly(
            StoredName.Action.ADDED,
            StoredName.Action.ACTIVATED,
            StoredName.Action.ADDED,
            StoredName.Action.ACTIVATED,
            StoredName.Action.ADDED,
            StoredName.Action.ACTIVATED,
            StoredName.Action.ROLLED_BACK,
            StoredName.Action.ROLLED_BACK);
    assertRefused(
        () -> store.activate("a", "0123"), ErrorCode.MODEL_NOT_FOUND, "no version '0123'");
    assertRefused(
        () -> store.activate("b", version("one").hex()), ErrorCode.MODEL_NOT_FOUND, "'b'");
  }

  @Test
  void deletesWhatNoNameHas() throws IOException {
    put("a", "one", true);
    put("a", "two", true);
    put("b", "one", true);
    assertRefused(
        () -> store.delete("a", version("two")), ErrorCode.INVALID_REQUEST, "current version");
    store.delete("a", version("one"));
    assertThat(versions())
        .containsExactlyInAnyOrder(version("one").toString(), version("two").toString());
    assertRefused(() -> store.rollBack("a"), ErrorCode.INVALID_REQUEST, "no version before");
    store.delete("b");
    assertThat(versions()).containsExactly(version("two").toString());
    assertThat(store.find("b")).isEmpty();
    store.delete("a");
    assertThat(versions()).isEmpty();
    assertRefused(() -> store.card(version("two")), ErrorCode.MODEL_NOT_FOUND, "deleted");
    assertThat(staged()).hasSize(1);
  }

  @Test
  void pins() {
    put("a", "one", true);
    assertThat(store.pin("a", true).pinned()).isTrue();
    assertThat(store.find("a").orElseThrow().pinned()).isTrue();
    assertThat(store.pin("a", false).pinned()).isFalse();
  }

  @Test
  void aSecondStoreSeesWhatTheFirstDoes() {
    try (AdapterStore other = StubAdapters.open(temp.resolve("store"))) {
      put("a", "one", true);
      put("a", "two", false);
      assertThat(other.find("a").orElseThrow().current()).isEqualTo(version("one"));
      store.activate("a", version("two").hex());
      assertThat(other.find("a").orElseThrow().current()).isEqualTo(version("two"));
      store.delete("a");
      assertThat(other.find("a")).isEmpty();
    }
  }

  @Test
  void refusesWhatItCannotKeep() throws IOException {
    assertRefused(() -> put("../a", "one", true), ErrorCode.INVALID_REQUEST, "../a");
    assertRefused(() -> put("a", "bad", true), ErrorCode.INVALID_ADAPTER, "a bad adapter");
    Path linked = StubAdapters.folder(temp, "linked");
    Files.createSymbolicLink(linked.resolve("link"), Path.of("/etc/hostname"));
    assertRefused(() -> store.put("a", linked, true), ErrorCode.INVALID_ADAPTER, "link");
    Path deep = StubAdapters.folder(temp, "deep");
    Files.createDirectories(deep.resolve("x/y/z"));
    assertRefused(() -> store.put("a", deep, true), ErrorCode.INVALID_ADAPTER, "too deep");
    Path many = StubAdapters.folder(temp, "many");
    for (int i = 0; i < FolderCopy.MAX_FILES; i++) {
      Files.writeString(many.resolve("f" + i), "");
    }
    assertRefused(() -> store.put("a", many, true), ErrorCode.INVALID_ADAPTER, "too many");
    assertThat(store.list()).isEmpty();
    assertThat(versions()).isEmpty();
    assertThat(staged()).hasSize(1);
  }

  @Test
  void refusesFilesThatWereChanged() throws IOException {
    put("a", "one", true);
    Files.writeString(
        temp.resolve("store").resolve(version("one").toString()).resolve(StubAdapters.FILE), "two");
    assertRefused(
        () -> store.read(new AdapterId("a", version("one"))),
        ErrorCode.INVALID_ADAPTER,
        "were changed");
  }

  @Test
  void saysWhichNameIsDamaged() throws IOException {
    put("a", "one", true);
    Files.writeString(temp.resolve("store/names/a.json"), "{");
    assertRefused(() -> store.find("a"), ErrorCode.INTERNAL, "a.json");
    try (AdapterStore other = StubAdapters.open(temp.resolve("store"))) {
      assertThat(other.card(version("one")).version()).isEqualTo(version("one"));
    }
  }

  private AdapterCard put(String name, String mark, boolean activate) {
    return store.put(name, StubAdapters.folder(temp, mark), activate);
  }

  private List<String> versions() throws IOException {
    try (Stream<Path> entries = Files.list(temp.resolve("store"))) {
      return entries
          .map(entry -> entry.getFileName().toString())
          .filter(entry -> entry.startsWith("sha256-"))
          .toList();
    }
  }

  /** The store's own lock stays. */
  private List<Path> staged() throws IOException {
    try (Stream<Path> entries = Files.list(temp.resolve("store/.staging"))) {
      return entries.toList();
    }
  }

  private static void assertRefused(ThrowingCallable call, ErrorCode code, String message) {
    assertThatThrownBy(call)
        .isInstanceOf(ServeException.class)
        .hasMessageContaining(message)
        .extracting(e -> ((ServeException) e).code())
        .isEqualTo(code);
  }

  /** Cards of older servers do not say what requests are checked against. */
  @Test
  void anOldCardIsCompletedOnce() throws IOException {
    Path root = temp.resolve("old");
    AdapterId id = new AdapterId("a", StubAdapters.version("one"));
    Path card = root.resolve(id.version().toString()).resolve("card.json");
    try (AdapterStore store = StubAdapters.open(root)) {
      AdapterCard unused = store.put("a", StubAdapters.folder(temp, "one"), true);
      assertThat(store.facts(id)).isEqualTo(AdapterFacts.PLAIN);
    }
    List<String> lines = Files.readAllLines(card);
    Files.write(
        card,
        lines.stream().filter(l -> !l.contains("variants") && !l.contains("virtual")).toList());
    try (AdapterStore store = StubAdapters.open(root)) {
      assertThat(store.card(id.version()).facts()).isNull();
      assertThat(store.facts(id)).isEqualTo(AdapterFacts.PLAIN);
      assertThat(store.card(id.version()).facts()).isEqualTo(AdapterFacts.PLAIN);
      assertThat(Files.readAllLines(card)).hasSameSizeAs(lines);
    }
  }
}
