package io.talchum.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.adapter.FolderState;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class QuietFoldersTest {
  private static final Instant START = Instant.EPOCH;
  private static final FolderState GONE = new FolderState(new TreeMap<>(), new TreeSet<>());

  private final QuietFolders folders = new QuietFolders(Duration.ofSeconds(2));

  private static FolderState state(long bytes) {
    TreeMap<String, FolderState.Entry> files = new TreeMap<>();
    files.put("adapter_config.json", new FolderState.Entry(bytes, 1, null));
    return new FolderState(files, new TreeSet<>(java.util.List.of(Path.of("a"))));
  }

  private static Instant at(double seconds) {
    return START.plusMillis((long) (1000 * seconds));
  }

  @Test
  void aFolderIsDueWhenItWasLeftAlone() {
    folders.saw("a", state(1), at(0));
    folders.saw("a", state(2), at(1));
    folders.saw("a", state(2), at(2));
    assertThat(folders.untilNext(at(2))).contains(Duration.ofSeconds(1));
    assertThat(folders.due(at(2.9))).isEmpty();
    assertThat(folders.due(at(3))).containsOnlyKeys("a");
    folders.settle("a", state(2));
    assertThat(folders.due(at(9))).isEmpty();
    assertThat(folders.untilNext(at(9))).isEmpty();
  }

  @Test
  void whatIsAsItWasIsNoChange() {
    folders.settle("a", state(1));
    folders.saw("a", state(1), at(0));
    assertThat(folders.untilNext(at(0))).isEmpty();
    folders.saw("a", state(2), at(0));
    folders.saw("a", state(1), at(1));
    assertThat(folders.untilNext(at(1))).as("changed back").isEmpty();
    folders.saw("never there", GONE, at(1));
    assertThat(folders.untilNext(at(1))).isEmpty();
  }

  @Test
  void goingIsAChangeToo() {
    folders.settle("a", state(1));
    folders.saw("a", GONE, at(0));
    assertThat(folders.due(at(2))).containsOnlyKeys("a");
    folders.settle("a", GONE);
    assertThat(folders.names()).isEmpty();
  }

  @Test
  void whatIsPutOffComesAgain() {
    folders.saw("a", state(1), at(0));
    folders.putOff("a", state(1), at(2));
    assertThat(folders.due(at(3))).isEmpty();
    assertThat(folders.due(at(4))).containsOnlyKeys("a");
  }
}
