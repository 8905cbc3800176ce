package io.talchum.adapter.store;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a name of the store must be after operations as {@link StoreWriter} tells them; not a line
 * of it is the store's.
 *
 * @param current empty if there is no such name
 */
record NameModel(String current, boolean pinned, List<String> versions, List<String> previous) {
  static final NameModel NONE = new NameModel("", false, List.of(), List.of());

  static NameModel of(Optional<StoredName> name) {
    return name.map(
            known ->
                new NameModel(
                    known.current().hex(),
                    known.pinned(),
                    known.versions().stream().map(version -> version.hex()).toList(),
                    known.previous().stream().map(version -> version.hex()).toList()))
        .orElse(NONE);
  }

  /**
   * @param operation its kind, the name, and what more there is
   */
  NameModel after(String operation) {
    String[] words = operation.split(" ");
    return switch (words[0]) {
      case "put" -> put(words[2], Boolean.parseBoolean(words[3]));
      case "activate" -> activated(words[2]);
      case "roll-back" ->
          new NameModel(
              previous.getLast(), pinned, versions, previous.subList(0, previous.size() - 1));
      case "pin" -> new NameModel(current, Boolean.parseBoolean(words[2]), versions, previous);
      case "forget" ->
          new NameModel(current, pinned, without(versions, words[2]), without(previous, words[2]));
      case "delete" -> NONE;
      default -> throw new AssertionError("what is " + operation);
    };
  }

  private NameModel put(String version, boolean activate) {
    List<String> more = versions.contains(version) ? versions : with(versions, version);
    NameModel added = new NameModel(current.isEmpty() ? version : current, pinned, more, previous);
    return activate ? added.activated(version) : added;
  }

  private NameModel activated(String version) {
    return version.equals(current)
        ? this
        : new NameModel(version, pinned, versions, with(previous, current));
  }

  private static List<String> with(List<String> list, String one) {
    List<String> more = new ArrayList<>(list);
    more.add(one);
    return List.copyOf(more);
  }

  private static List<String> without(List<String> list, String one) {
    return list.stream().filter(each -> !each.equals(one)).toList();
  }
}
