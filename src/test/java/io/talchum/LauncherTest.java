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
          "flock",
          "tail",
          "tee",
          "awk",
          "cmp",
          "ln");
  private static final String MAVEN =
      """
      #!/bin/sh
      [ "$1" = -v ] && echo "Apache Maven ${FAKE_MAVEN:-3.9.11}" && exit 0
      echo "$*" >> maven.calls
      [ -z "${FAKE_SAYS:-}" ] || { cat "$FAKE_SAYS"; exit "$FAKE_EXIT"; }
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
    Files.createDirectories(clone.resolve("src/launcher"));
    for (String part : List.of("clone.sh", "summary.awk")) {
      Files.copy(Path.of("src/launcher", part), clone.resolve("src/launcher").resolve(part));
    }
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
        .contains("--sun-misc-unsafe-memory-access=allow", "-XX:+ExitOnOutOfMemoryError")
        .endsWith("-jar " + clone + "/target/quarkus-app/quarkus-run.jar import a b --name c");
    assertThat(launch(jdk25()).out()).endsWith(" --help");
    for (String command : List.of("serve", "models", "chat", "eval", "--version")) {
      assertThat(launch(jdk25(), command).out()).as("the JVM warns of it").doesNotContain("incuba");
    }
  }

  @Test
  void aReleaseRunsWithoutMavenOrCompiler() throws Exception {
    Path release = Files.createDirectories(folder.resolve("a release/bin"));
    Files.copy(Path.of("talchum"), release.resolve("talchum"));
    Path jre = jdk("jre", "25.0.1");
    Files.delete(jre.resolve("bin/javac"));
    Map<String, String> environment = Map.of("JAVA_HOME", jre.toString());
    Run run = launch(release.resolve("talchum"), environment, "serve", "--port", "1");
    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .startsWith(jre + "/bin/java ")
        .endsWith("-jar " + release + "/../lib/quarkus-run.jar serve --port 1");
    for (String command : List.of("test", "dev", "bench", "package")) {
      Run refused = launch(release.resolve("talchum"), environment, command);
      assertThat(refused.exitCode()).isEqualTo(1);
      assertThat(refused.err()).contains("'" + command + "' needs a clone").hasLineCount(1);
    }
  }

  @Test
  void aLinkToTheLauncherFindsItsFolder() throws Exception {
    maven();
    Path link = Files.createSymbolicLink(folder.resolve("link"), clone.resolve("talchum"));
    assertThat(launch(link, jdk25(), "models").out())
        .endsWith("-jar " + clone + "/target/quarkus-app/quarkus-run.jar models");
  }

  @Test
  void testsEndWithALineForEachGroup() throws Exception {
    maven();
    Run run =
        tests(
            """
            [INFO] --- surefire:3.5.4:test (default-test) @ talchum ---
            [INFO] Tests run: 3, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 1.25 s -- in io.talchum.engine.EngineTest
            [INFO] Tests run: 2, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 0.5 s -- in io.talchum.engine.prefix.BlockTest$Inner
            [INFO] Tests run: 1, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 2 s -- in io.talchum.DocumentsTest
            [INFO] --- maven-surefire-plugin:3.5.4:test (packaged-tests) @ talchum ---
            [INFO] Tests run: 4, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 61.0 s -- in io.talchum.ReleaseTest
            [INFO] --- maven-surefire-plugin:3.5.4:test (shared-tests) @ talchum ---
            [INFO] Tests run: 2, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 3.0 s -- in io.talchum.text.ChatTemplateTest
            \033[0m\033[0m""",
            0);
    assertThat(run.exitCode()).isZero();
    assertThat(run.out().lines().map(line -> line.replaceAll(" +", " ")))
        .contains(
            "engine 5 0 1.8 ok", "gates 1 0 2.0 ok", "packaged 4 0 61.0 ok", "shared 2 0 3.0 ok")
        .doesNotContain("NOT ALL RAN: the first failure ended it")
        .endsWith("12 passed, 0 failed");
    assertThat(run.out()).contains("the group \"shared\" was not run");
  }

  @Test
  void whatFailsInATestIsShown() throws Exception {
    maven();
    Run run =
        tests(
            """
            [INFO] --- surefire:3.5.4:test (default-test) @ talchum ---
            [ERROR] Tests run: 3, Failures: 1, Errors: 1, Skipped: 0, Time elapsed: 1 s <<< FAILURE! -- in io.talchum.engine.EngineTest
            [ERROR] io.talchum.engine.EngineTest.runs -- Time elapsed: 0.01 s <<< FAILURE!
            java.lang.AssertionError: expected 2

            noise of another test
            """,
            1);
    assertThat(run.exitCode()).isNotZero();
    assertThat(run.out())
        .contains("EngineTest.runs", "expected 2", "NOT ALL RAN")
        .doesNotContain("noise")
        .endsWith("1 passed, 2 failed");
  }

  /** Runs the tests with a Maven that says this. */
  private Run tests(String said, int exitCode) throws Exception {
    Path lines = Files.writeString(folder.resolve("said"), said);
    return launch(
        with(with(jdk25(), "FAKE_SAYS", lines.toString()), "FAKE_EXIT", "" + exitCode), "test");
  }

  private record Run(int exitCode, String out, String err) {}

  private Run launch(Map<String, String> environment, String... args) throws Exception {
    return launch(clone.resolve("talchum"), environment, args);
  }

  private Run launch(Path launcher, Map<String, String> environment, String... args)
      throws Exception {
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    List<String> command =
        Stream.concat(Stream.of(tools + "/sh", launcher.toString()), Stream.of(args)).toList();
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
