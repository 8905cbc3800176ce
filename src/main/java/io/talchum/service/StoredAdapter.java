package io.talchum.service;

import io.talchum.adapter.store.AdapterCard;
import io.talchum.adapter.store.StoredName;
import io.talchum.core.ContentHash;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * An adapter of the store.
 *
 * @param current the version that requests of the name get
 * @param versions in the order in which they were added
 * @param previous what a roll back goes to, the latest last
 * @param history what was done, the latest last
 */
public record StoredAdapter(
    String name,
    ContentHash current,
    boolean pinned,
    List<Version> versions,
    List<ContentHash> previous,
    List<Event> history) {
  public StoredAdapter {
    versions = List.copyOf(versions);
    previous = List.copyOf(previous);
    history = List.copyOf(history);
  }

  /**
   * A version of it.
   *
   * @param card null if another process has just deleted it
   * @param residentBytes memory that it takes now, 0 if it is not loaded
   * @param leases requests that hold it now
   */
  public record Version(
      ContentHash version,
      @Nullable Card card,
      long residentBytes,
      int leases,
      SelfTestCard selfTest) {}

  /**
   * What is known of a version.
   *
   * @param kind {@code peft_type}
   * @param rank largest rank of a module
   * @param modules number of adapted modules
   * @param memoryBytes what it takes when it is loaded
   * @param base that it was checked against: NAME@VERSION
   */
  public record Card(
      String kind,
      int rank,
      int modules,
      long memoryBytes,
      String base,
      Instant added,
      List<File> files) {
    public Card {
      files = List.copyOf(files);
    }

    static Card of(AdapterCard card) {
      return new Card(
          card.kind(),
          card.rank(),
          card.modules(),
          card.residentBytes(),
          card.base() + "@" + card.baseVersion().abbreviated(),
          card.added(),
          card.files().stream()
              .map(file -> new File(file.name(), file.bytes(), file.sha256()))
              .toList());
    }
  }

  /**
   * A file of a version.
   *
   * @param name relative to the adapter's folder
   */
  public record File(String name, long bytes, ContentHash sha256) {}

  /**
   * Something that was done.
   *
   * @param action added, activated, rolled_back, pinned, unpinned or deleted
   */
  public record Event(Instant at, String action, ContentHash version) {
    static Event of(StoredName.Event event) {
      return new Event(event.at(), event.action().name().toLowerCase(Locale.ROOT), event.version());
    }
  }

  /**
   * What a list shows of it.
   *
   * @param residentBytes memory that the current version takes now, 0 if it is not loaded
   */
  public record Summary(String name, ContentHash current, boolean pinned, long residentBytes) {}
}
