import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/**
 * Packs what was built into a zip that runs without Maven: {@code java Release.java CLONE
 * FOLDER}. The launcher of the clone is the launcher of the release.
 */
final class Release {
  private static final List<String> WORDS =
      List.of("LICENSE", "NOTICE", "THIRD-PARTY.md", "README.md", "CHANGELOG.md");

  private final FileSystem zip;
  private final String top;

  private Release(FileSystem zip, String top) {
    this.zip = zip;
    this.top = top;
  }

  public static void main(String... args) throws IOException {
    Path clone = Path.of(args[0]);
    String version = Files.readString(clone.resolve("target/classes/talchum-version.txt")).strip();
    Path file = Path.of(args[1], "talchum-" + version + ".zip");
    Files.deleteIfExists(file);
    Map<String, ?> options = Map.of("create", "true", "enablePosixFileAttributes", "true");
    try (FileSystem zip =
        FileSystems.newFileSystem(URI.create("jar:" + file.toUri()), options)) {
      new Release(zip, "talchum-" + version).add(clone);
    }
    System.out.printf(
        "%s, %d MB: unzip it anywhere and run bin/talchum serve with a JDK 25.%n",
        file, Files.size(file) / 1_000_000);
  }

  private void add(Path clone) throws IOException {
    copy(clone.resolve("talchum"), "bin/talchum", "rwxr-xr-x");
    for (String file : WORDS) {
      copy(clone.resolve(file), file, "rw-r--r--");
    }
    copyTree(clone.resolve("docs"), "docs");
    copyTree(clone.resolve("target/quarkus-app"), "lib");
  }

  private void copyTree(Path folder, String name) throws IOException {
    try (Stream<Path> tree = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
      for (Path file : tree.filter(Files::isRegularFile).sorted().toList()) {
        copy(file, name + "/" + folder.relativize(file).toString().replace('\\', '/'), "rw-r--r--");
      }
    }
  }

  private void copy(Path from, String name, String permissions) throws IOException {
    Path to = zip.getPath(top, name);
    Files.createDirectories(to.getParent());
    if (name.contains("onnxruntime")) {
      copyWithoutSymbols(from, to);
    } else {
      Files.copy(from, to);
    }
    Files.setPosixFilePermissions(to, PosixFilePermissions.fromString(permissions));
  }

  /** ONNX Runtime's jar brings debug symbols for one system, 16 MB that nobody needs to run it. */
  private static void copyWithoutSymbols(Path from, Path to) throws IOException {
    try (ZipInputStream in = new ZipInputStream(Files.newInputStream(from));
        ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(to))) {
      for (ZipEntry entry; (entry = in.getNextEntry()) != null; ) {
        if (!entry.getName().contains(".dSYM/")) {
          out.putNextEntry(new ZipEntry(entry.getName()));
          in.transferTo(out);
        }
      }
    }
  }
}
