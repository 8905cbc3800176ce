package io.talchum.adapter.store;

import io.talchum.core.ServeException;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The version folders of a store that no name has. */
record UnnamedVersions(Path root) {
  private static final System.Logger LOG = System.getLogger("io.talchum.adapter");

  /** None if a name cannot be read: its versions are unknown. */
  List<Path> of(NameFiles names) throws IOException {
    Set<String> named;
    try {
      named =
          names.all().stream()
              .flatMap(name -> name.versions().stream())
              .map(Object::toString)
              .collect(Collectors.toSet());
    } catch (ServeException e) {
      LOG.log(Level.WARNING, e.getMessage());
      return List.of();
    }
    try (Stream<Path> folders = Files.list(root)) {
      return folders.filter(folder -> isVersion(folder) && !named.contains(name(folder))).toList();
    }
  }

  private static boolean isVersion(Path folder) {
    return name(folder).matches("sha256-[0-9a-f]{64}");
  }

  private static String name(Path folder) {
    return String.valueOf(folder.getFileName());
  }
}
