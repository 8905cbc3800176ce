package io.talchum.cli.chat;

import java.util.List;

/**
 * What a server lists.
 *
 * @param adapters names, in the server's order
 */
record ServedNames(String base, List<String> adapters) {
  ServedNames {
    adapters = List.copyOf(adapters);
  }

  /** Versions are for the server to find. */
  boolean knows(String name) {
    return name.equals(base) || name.contains("@") || adapters.contains(name);
  }

  String listed() {
    return adapters.isEmpty() ? "none" : String.join(", ", adapters);
  }
}
