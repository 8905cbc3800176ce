package io.talchum.adapter.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * {@link StoreWriter} as a program that starts fast: a small class path, in a jar and with its
 * classes in a cache, because most of what a kill costs is the start of the process.
 */
record WriterProgram(String classPath, Path cache) {
  static WriterProgram build(Path folder) throws IOException, InterruptedException {
    Path jar = folder.resolve("writer.jar");
    pack(jar, List.of(location(AdapterStore.class), location(StoreWriter.class)));
    String classPath =
        Stream.of(
                jar,
                location(JsonMapper.class),
                location(JsonFactory.class),
                location(JsonInclude.class))
            .map(Path::toString)
            .collect(Collectors.joining(File.pathSeparator));
    WriterProgram program = new WriterProgram(classPath, folder.resolve("writer.aot"));
    program.fillCache(folder);
    return program;
  }

  private static void pack(Path jar, List<Path> roots) throws IOException {
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream out = new JarOutputStream(file)) {
      for (Path root : new TreeSet<>(roots)) {
        for (Path type : classes(root)) {
          out.putNextEntry(new JarEntry(root.relativize(type).toString()));
          Files.copy(type, out);
          out.closeEntry();
        }
      }
    }
  }

  private static List<Path> classes(Path root) throws IOException {
    List<Path> classes = new ArrayList<>();
    for (String part : List.of("io/talchum/core", "io/talchum/adapter")) {
      if (Files.isDirectory(root.resolve(part))) {
        try (Stream<Path> files = Files.walk(root.resolve(part))) {
          files.filter(file -> file.toString().endsWith(".class")).forEach(classes::add);
        }
      }
    }
    return classes;
  }

  private static Path location(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  /** A run to its end. */
  private void fillCache(Path folder) throws IOException, InterruptedException {
    List<String> arguments =
        List.of(folder.resolve("store").toString(), folder.resolve("in").toString(), "w", "1");
    Process process =
        new ProcessBuilder(command("-XX:AOTCacheOutput=" + cache, arguments))
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("writer.log").toFile())
            .start();
    process.getOutputStream().close();
    assertThat(process.waitFor()).as("see writer.log").isZero();
  }

  Process start(List<String> arguments) throws IOException {
    return new ProcessBuilder(command("-XX:AOTCache=" + cache, arguments))
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  private List<String> command(String option, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElseThrow());
    command.addAll(
        List.of(
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-XX:-UsePerfData",
            "-Xlog:disable", // its output is the writer's
            "-XX:+DisplayVMOutputToStderr",
            option));
    command.addAll(List.of("-cp", classPath, StoreWriter.class.getName()));
    command.addAll(arguments);
    return command;
  }
}
