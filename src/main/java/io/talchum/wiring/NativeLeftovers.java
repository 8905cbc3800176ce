package io.talchum.wiring;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Folders of the temporary folder into which ONNX Runtime's Java API unpacked its libraries (28 MB,
 * with a GPU's provider more), and whose process was killed before it could remove them.
 *
 * <p>A library that a process has loaded is in its memory map, so a folder of which no process has
 * one is nobody's. Only folders of this user are looked at, whose processes this one may read; and
 * none that changed in the last minutes, since its process may be about to load.
 *
 * @param temporary {@code java.io.tmpdir}
 * @param processes {@code /proc}; where there is none, nothing is removed
 */
record NativeLeftovers(Path temporary, Path processes, InstantSource clock) {
  private static final String PREFIX = "onnxruntime-java";
  private static final Duration LOADING = Duration.ofMinutes(10);
  private static final System.Logger LOG = System.getLogger("io.talchum");

  static NativeLeftovers ofMachine(InstantSource clock) {
    return new NativeLeftovers(
        Path.of(System.getProperty("java.io.tmpdir", "/tmp")), Path.of("/proc"), clock);
  }

  /** Removes them; what cannot be removed stays, and nothing fails because of it. */
  void sweep() {
    try {
      List<Path> candidates = candidates();
      if (candidates.isEmpty()) {
        return;
      }
      Set<Path> loaded = loaded();
      for (Path folder : candidates) {
        if (!loaded.contains(folder.toRealPath())) {
          remove(folder);
        }
      }
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "leftovers in {0} stay: {1}", temporary, e);
    }
  }

  private List<Path> candidates() throws IOException {
    Path self = processes.resolve("self");
    List<Path> found = new ArrayList<>();
    if (Files.isDirectory(self)) {
      UserPrincipal user = Files.getOwner(self);
      try (DirectoryStream<Path> folders = Files.newDirectoryStream(temporary, PREFIX + "[0-9]*")) {
        for (Path folder : folders) {
          if (isOldFolderOf(user, folder)) {
            found.add(folder);
          }
        }
      }
    }
    return found;
  }

  private boolean isOldFolderOf(UserPrincipal user, Path folder) throws IOException {
    return Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
        && Files.getOwner(folder, LinkOption.NOFOLLOW_LINKS).equals(user)
        && Files.getLastModifiedTime(folder).toInstant().isBefore(clock.instant().minus(LOADING));
  }

  /** The folders of all libraries that processes have loaded, as far as they may be read. */
  private Set<Path> loaded() throws IOException {
    Set<Path> folders = new HashSet<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(processes, "[0-9]*")) {
      for (Path process : all) {
        try (Stream<String> lines = Files.lines(process.resolve("maps"))) {
          lines
              .filter(line -> line.contains("/" + PREFIX))
              .map(line -> Path.of(line.substring(line.indexOf('/'))).getParent())
              .forEach(folders::add);
        } catch (IOException | java.io.UncheckedIOException e) {
          continue; // it has ended, or is another user's
        }
      }
    }
    return folders;
  }

  /** The libraries lie flat in it. */
  private static void remove(Path folder) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
    }
    Files.deleteIfExists(folder);
  }
}
