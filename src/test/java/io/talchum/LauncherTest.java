package io.talchum;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher script, with stand-ins for the JDK and Maven, in a folder of its own. */
class LauncherTest {
  private static final List<String> TOOLS =
      List.of(
          "sh",
          "sed",
          "dirname",
          "readlink",
          "cat",
          "find",
          "head",
          "sort",
          "mkdir",
          "touch",
          "mv",
          "rm",
          "date",
          "grep",
          "sleep",
          "flock");
  private static final String MAVEN =
      """
      #!/bin/sh
      [ "$1" = -v ] && echo "Apache Maven ${FAKE_MAVEN:-3.9.11}" && exit 0
      echo "$*" >> maven.calls
      [ -z "${FAKE_BREAK:-}" ] || { echo "[ERROR] Foo.java:[1,1] ';' expected"; exit 1; }
      mkdir -p target/quarkus-app && touch target/quarkus-app/quarkus-run.jar
      """;
  private static final String JAVA =
      """
      #!/bin/sh
      echo "$0 $*"
      """;

  @TempDir private Path folder;
  private Path clone;
  private Path tools;

  @BeforeEach
  void layOut() throws IOException {
    clone = Files.createDirectories(folder.resolve("a clone"));
    Files.createDirectories(clone.resolve("src/main"));
    Files.createDirectories(clone.resolve("proto"));
    Files.writeString(clone.resolve("pom.xml"), "<project/>");
    Files.copy(Path.of("talchum"), clone.resolve("talchum"));
    tools = Files.createDirectories(folder.resolve("tools"));
    for (String tool : TOOLS) {
      Path found = onPath(tool);
      if (found != null) {
        script(tools.resolve(tool), "#!/bin/sh\nexec " + found + " \"$@\"\n");
      }
    }
  }

  @Test
  void withoutJdkItSaysWhatToInstall() throws Exception {
    Run run = launch(Map.of(), "serve");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err())
        .isEqualToIgnoringNewLines(
            "talchum: a JDK 25 or newer is needed and was not found: install one (for example Temurin 25) or point JAVA_HOME at it.");
  }

  @Test
  void anOldJdkIsNamed() throws Exception {
    jdk("jdks/old", "17.0.15");
    Run run = launch(Map.of("TALCHUM_JDK_FOLDERS", folder + "/jdks/*"), "serve");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains("was not found (only version 17)").hasLineCount(1);
  }

  @Test
  void aRuntimeThatCannotCompileIsPassedOver() throws Exception {
    Path jre = jdk("jdks/jre", "25.0.1");
    Files.delete(jre.resolve("bin/javac"));
    assertThat(launch(Map.of("JAVA_HOME", jre.toString()), "serve").exitCode()).isEqualTo(1);
  }

  @Test
  void takesJavaHomeFirstThenThePathThenTheUsualFolders() throws Exception {
    maven();
    jdk("jdks/b", "26");
    Path own = jdk("own", "25");
    Map<String, String> usual = Map.of("TALCHUM_JDK_FOLDERS", folder + "/jdks/*");
    assertThat(launch(usual, "models").out()).startsWith(folder + "/jdks/b/bin/java ");
    assertThat(
            launch(
                    Map.of("TALCHUM_JDK_FOLDERS", folder + "/jdks/*", "JAVA_HOME", own.toString()),
                    "models")
                .out())
        .startsWith(own + "/bin/java ");
    Path onPath = jdk("on path", "25.0.3");
    Files.createSymbolicLink(tools.resolve("javac"), onPath.resolve("bin/javac"));
    assertThat(launch(usual, "models").out()).startsWith(onPath + "/bin/java ");
    assertThat(launch(Map.of("JAVA_HOME", jdk("older", "21").toString()), "models").out())
        .startsWith(onPath + "/bin/java ");
  }

  @Test
  void withoutMavenItSaysWhatToInstall() throws Exception {
    Run run = launch(jdk25(), "serve");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains("talchum: Maven 3.8.7 or newer is needed").hasLineCount(1);
  }

  @Test
  void anOldMavenIsNamed() throws Exception {
    maven();
    Run run = launch(with(jdk25(), "FAKE_MAVEN", "3.6.3"), "serve");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains("this is 3.6.3").hasLineCount(1);
    assertThat(launch(with(jdk25(), "FAKE_MAVEN", "3.10.0"), "models").exitCode()).isZero();
  }

  @Test
  void buildsOnceAndAgainWhenSourcesChange() throws Exception {
    maven();
    assertThat(launch(jdk25(), "models").err()).contains("building", "built in");
    assertThat(launch(jdk25(), "models").err()).isEmpty();
    assertThat(builds()).isEqualTo(1);
    Path source = Files.writeString(clone.resolve("src/main/New.java"), "class New {}");
    Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(2)));
    launch(jdk25(), "models");
    assertThat(builds()).isEqualTo(2);
  }

  @Test
  void buildsAgainForAnotherJdk() throws Exception {
    maven();
    launch(jdk25(), "models");
    launch(Map.of("JAVA_HOME", jdk("other", "26").toString()), "models");
    assertThat(builds()).isEqualTo(2);
  }

  @Test
  void aBrokenBuildShowsItsErrorsAndIsNotTakenForDone() throws Exception {
    maven();
    Run run = launch(with(jdk25(), "FAKE_BREAK", "1"), "models");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains("Foo.java:[1,1] ';' expected", "target/build.log");
    assertThat(run.out()).isEmpty();
    assertThat(launch(jdk25(), "models").out()).endsWith("models");
  }

  @Test
  void handsTheCommandOn() throws Exception {
    maven();
    assertThat(launch(jdk25(), "import", "a b", "--name", "c").out())
        .contains("--add-modules jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED")
        .contains("-XX:+ExitOnOutOfMemoryError")
        .endsWith("-jar " + clone + "/target/quarkus-app/quarkus-run.jar import a b --name c");
    assertThat(launch(jdk25()).out()).endsWith(" --help").doesNotContain("incubator");
    for (String computes : List.of("serve", "import", "eval", "adapter")) {
      assertThat(launch(jdk25(), computes).out()).contains("--add-modules jdk.incubator.vector");
    }
    for (String other : List.of("models", "bench", "--version")) {
      assertThat(launch(jdk25(), other).out()).doesNotContain("incubator");
    }
  }

  private record Run(int exitCode, String out, String err) {}

  private Run launch(Map<String, String> environment, String... args) throws Exception {
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    List<String> command =
        Stream.concat(Stream.of(tools + "/sh", clone + "/talchum"), Stream.of(args)).toList();
    ProcessBuilder process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    process.environment().clear();
    process.environment().put("PATH", tools.toString());
    process.environment().put("HOME", folder.toString());
    process.environment().put("TALCHUM_JDK_FOLDERS", "");
    process.environment().putAll(environment);
    int exitCode = process.start().waitFor();
    return new Run(
        exitCode,
        Files.readString(out, StandardCharsets.UTF_8).strip(),
        Files.readString(err, StandardCharsets.UTF_8));
  }

  private Map<String, String> jdk25() throws IOException {
    return Map.of("JAVA_HOME", jdk("jdk25", "25.0.1").toString());
  }

  private static Map<String, String> with(Map<String, String> base, String name, String value) {
    Map<String, String> all = new java.util.HashMap<>(base);
    all.put(name, value);
    return all;
  }

  private Path jdk(String name, String version) throws IOException {
    Path home = Files.createDirectories(folder.resolve(name));
    Files.createDirectories(home.resolve("bin"));
    script(home.resolve("bin/java"), JAVA);
    script(home.resolve("bin/javac"), JAVA);
    Files.writeString(
        home.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
    return home;
  }

  private void maven() throws IOException {
    script(tools.resolve("mvn"), MAVEN);
  }

  private int builds() throws IOException {
    return Files.readAllLines(clone.resolve("maven.calls")).size();
  }

  private static void script(Path file, String text) throws IOException {
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private static @org.jspecify.annotations.Nullable Path onPath(String tool) {
    return Stream.of(System.getenv("PATH").split(":"))
        .map(Path::of)
        .map(path -> path.resolve(tool))
        .filter(Files::isExecutable)
        .findFirst()
        .orElse(null);
  }
}
