package io.talchum.adapter.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.core.ContentHash;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A name and what it has pointed to. Immutable.
 *
 * @param current what requests of the name get
 * @param pinned whether the current version stays in memory
 * @param versions all that it may point to, in the order in which they were added
 * @param previous what a roll back goes to, the latest last
 * @param history what was done, the latest last; the oldest are forgotten
 */
public record StoredName(
    String name,
    ContentHash current,
    boolean pinned,
    List<ContentHash> versions,
    List<ContentHash> previous,
    List<Event> history) {
  static final int MAX_VERSIONS = 1000;
  private static final int MAX_HISTORY = 200;
  private static final int MAX_PREVIOUS = 64;

  public StoredName {
    versions = List.copyOf(versions);
    previous = List.copyOf(previous);
    history = List.copyOf(history);
  }

  /** What can be done with a name. */
  public enum Action {
    ADDED,
    ACTIVATED,
    ROLLED_BACK,
    PINNED,
    UNPINNED,
    DELETED;

    String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Something that was done. */
  public record Event(Instant at, Action action, ContentHash version) {}

  static StoredName first(String name, ContentHash version, Instant at) {
    return new StoredName(
        name,
        version,
        false,
        List.of(version),
        List.of(),
        List.of(new Event(at, Action.ADDED, version), new Event(at, Action.ACTIVATED, version)));
  }

  /** Knows one more version; the current one stays. */
  StoredName with(ContentHash version, Instant at) {
    if (versions.contains(version)) {
      return this;
    }
    if (versions.size() >= MAX_VERSIONS) {
      throw ServeException.invalid(
          "name", "'%s' has %d versions already; delete some first".formatted(name, MAX_VERSIONS));
    }
    return new StoredName(
        name, current, pinned, plus(versions, version), previous, log(at, Action.ADDED, version));
  }

  StoredName activated(ContentHash version, Instant at) {
    if (version.equals(current)) {
      return this;
    }
    return new StoredName(
        name,
        version,
        pinned,
        versions,
        latest(plus(previous, current), MAX_PREVIOUS),
        log(at, Action.ACTIVATED, version));
  }

  /**
   * @throws ServeException INVALID_REQUEST if there is nothing to go back to
   */
  StoredName rolledBack(Instant at) {
    if (previous.isEmpty()) {
      throw ServeException.invalid(
          "name",
          "'%s' has no version before %s@%s; activate one of its versions"
              .formatted(name, name, current.abbreviated()));
    }
    ContentHash version = previous.getLast();
    return new StoredName(
        name,
        version,
        pinned,
        versions,
        previous.subList(0, previous.size() - 1),
        log(at, Action.ROLLED_BACK, version));
  }

  StoredName pinned(boolean pin, Instant at) {
    return pin == pinned
        ? this
        : new StoredName(
            name,
            current,
            pin,
            versions,
            previous,
            log(at, pin ? Action.PINNED : Action.UNPINNED, current));
  }

  /**
   * @throws ServeException INVALID_REQUEST if it is the current one
   */
  StoredName without(ContentHash version, Instant at) {
    if (version.equals(current)) {
      throw ServeException.invalid(
          "version",
          "%s@%s is the current version; activate another one first, or delete the name"
              .formatted(name, version.abbreviated()));
    }
    return new StoredName(
        name,
        current,
        pinned,
        versions.stream().filter(v -> !v.equals(version)).toList(),
        previous.stream().filter(v -> !v.equals(version)).toList(),
        log(at, Action.DELETED, version));
  }

  /**
   * The one version that the digits mean.
   *
   * @param digits 8 to 64 of the hash, with or without {@code sha256-}
   * @throws ServeException MODEL_NOT_FOUND
   */
  public ContentHash version(String digits) {
    String hex = digits.startsWith("sha256-") ? digits.substring("sha256-".length()) : digits;
    List<ContentHash> found =
        hex.matches("[0-9a-f]{8,64}")
            ? versions.stream().filter(v -> v.hex().startsWith(hex)).toList()
            : List.of();
    if (found.size() == 1) {
      return found.getFirst();
    }
    throw ServeException.of(
        ErrorCode.MODEL_NOT_FOUND,
        "version",
        "'%s' has %s version '%s'; the current one is %s@%s, and it has %d"
            .formatted(
                name,
                found.isEmpty() ? "no" : "more than one",
                hex.substring(0, Math.min(64, hex.length())),
                name,
                current.abbreviated(),
                versions.size()));
  }

  private List<Event> log(Instant at, Action action, ContentHash version) {
    return latest(plus(history, new Event(at, action, version)), MAX_HISTORY);
  }

  private static <T> List<T> plus(List<T> list, T one) {
    List<T> longer = new ArrayList<>(list);
    longer.add(one);
    return longer;
  }

  private static <T> List<T> latest(List<T> list, int most) {
    return list.subList(Math.max(0, list.size() - most), list.size());
  }

  ObjectNode json() {
    ObjectNode node =
        StoreJson.object().put("name", name).put("current", current.hex()).put("pinned", pinned);
    ArrayNode all = node.putArray("versions");
    versions.forEach(version -> all.add(version.hex()));
    ArrayNode before = node.putArray("previous");
    previous.forEach(version -> before.add(version.hex()));
    ArrayNode events = node.putArray("history");
    for (Event event : history) {
      events
          .addObject()
          .put("at", event.at().toString())
          .put("action", event.action().text())
          .put("version", event.version().hex());
    }
    return node;
  }

  static StoredName of(JsonNode node) {
    List<ContentHash> versions = new ArrayList<>();
    node.path("versions").forEach(version -> versions.add(StoreJson.hash(version)));
    List<ContentHash> previous = new ArrayList<>();
    node.path("previous").forEach(version -> previous.add(StoreJson.hash(version)));
    List<Event> history = new ArrayList<>();
    for (JsonNode event : node.path("history")) {
      history.add(
          new Event(
              StoreJson.instant(event.path("at")),
              Action.valueOf(event.path("action").asText().toUpperCase(Locale.ROOT)),
              StoreJson.hash(event.path("version"))));
    }
    return new StoredName(
        node.path("name").asText(),
        StoreJson.hash(node.path("current")),
        node.path("pinned").asBoolean(),
        versions,
        previous,
        history);
  }
}
