package io.talchum;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The zip of {@code ./talchum package}, unpacked somewhere else. */
@Tag("packaged")
class ReleaseTest {
  @TempDir private static Path folder;
  private static Path release;

  @TempDir private Path temp;

  @BeforeAll
  static void unpack() throws Exception {
    Path zips = Files.createDirectories(folder.resolve("zips"));
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    PackagedServer.Ended packed =
        PackagedServer.run(
            folder, new ProcessBuilder(java, "src/launcher/Release.java", ".", zips.toString()));
    assertThat(packed.exitCode()).as(String.join("\n", packed.err())).isZero();
    assertThat(packed.out()).singleElement().asString().contains("bin/talchum serve");
    Path zip;
    try (Stream<Path> files = Files.list(zips)) {
      zip = files.toList().getFirst();
    }
    Map<String, ?> options = Map.of("enablePosixFileAttributes", "true");
    try (FileSystem packedFiles = FileSystems.newFileSystem(zip, options);
        Stream<Path> tree = Files.walk(packedFiles.getPath("/"))) {
      for (Path file : tree.toList()) {
        Path to = folder.resolve("a place" + file);
        if (Files.isDirectory(file)) {
          Files.createDirectories(to);
        } else {
          Files.copy(file, to);
          Files.setPosixFilePermissions(to, Files.getPosixFilePermissions(file));
        }
      }
    }
    try (Stream<Path> tops = Files.list(folder.resolve("a place"))) {
      release = tops.toList().getFirst();
    }
    assertThat(release.getFileName().toString()).startsWith("talchum-");
  }

  @Test
  void holdsTheWords() throws IOException {
    assertThat(Files.readString(release.resolve("LICENSE"))).contains("Apache License");
    assertThat(Files.readString(release.resolve("NOTICE"))).startsWith("Talchum");
    assertThat(release.resolve("README.md")).exists();
    assertThat(release.resolve("docs/api.md")).exists();
  }

  /** What is bundled is named with its license, and nothing else is; one depends on the system. */
  @Test
  void namesEveryLibrary() throws IOException {
    Set<String> named = new TreeSet<>();
    for (String line : Files.readAllLines(release.resolve("THIRD-PARTY.md"))) {
      if (line.startsWith("| ") && line.contains(":")) {
        String[] cells = line.split(" *\\| *");
        assertThat(cells).as(line).hasSize(3);
        named.add(cells[1].replace(':', '.'));
      }
    }
    Set<String> bundled = new TreeSet<>();
    for (String part : List.of("main", "boot")) {
      try (Stream<Path> libraries = Files.list(release.resolve("lib/lib").resolve(part))) {
        libraries
            .map(library -> library.getFileName().toString().replaceFirst("-[0-9].*", ""))
            .map(library -> library.replaceFirst("brotli4j.native-.*", "brotli4j.native"))
            .forEach(bundled::add);
      }
    }
    assertThat(named).isEqualTo(bundled);
  }

  @Test
  void runsWithoutMaven() throws Exception {
    PackagedServer.Ended help = PackagedServer.run(temp, talchum("--help"));
    assertThat(help.exitCode()).isZero();
    assertThat(help.out()).anyMatch(line -> line.contains("serve"));
    PackagedServer.Ended models = PackagedServer.run(temp, talchum("models"));
    assertThat(models.out())
        .singleElement()
        .asString()
        .contains("No models in", "bin/talchum serve brings");
    PackagedServer.Ended bench = PackagedServer.run(temp, talchum("bench"));
    assertThat(bench.exitCode()).isEqualTo(1);
    assertThat(bench.err()).singleElement().asString().contains("needs a clone");
    assertThat(Stream.of(help, models).flatMap(ended -> ended.err().stream())).isEmpty();
  }

  @Test
  void servesAndChats() throws Exception {
    try (PackagedServer server = PackagedServer.start(talchum("serve", "--port", "0"))) {
      Path typed = Files.writeString(temp.resolve("typed"), "What is the batch size?\n");
      ProcessBuilder chat = talchum("chat", "--url", server.url(), "--adapter", "terse");
      PackagedServer.Ended ended = PackagedServer.run(temp, chat.redirectInput(typed.toFile()));
      assertThat(ended.err()).isEmpty();
      assertThat(ended.out()).singleElement().asString().containsPattern("examples");
      assertThat(server.stop()).isZero();
      assertThat(server.said()).endsWith("stopped");
    }
  }

  private ProcessBuilder talchum(String... arguments) {
    List<String> command = new ArrayList<>(List.of(release.resolve("bin/talchum").toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().keySet().removeIf(name -> name.startsWith("TALCHUM"));
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("TALCHUM_HOME", temp.resolve("home").toString());
    builder.environment().put("TALCHUM_HEAP", "512m");
    return builder;
  }
}
