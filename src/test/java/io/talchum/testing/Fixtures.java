package io.talchum.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.talchum.weights.safetensors.SafetensorsFile;
import io.talchum.weights.safetensors.TensorInfo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Golden data of the test resources. */
public final class Fixtures {
  private static final Path ROOT = Path.of("src", "test", "resources", "fixtures");

  private Fixtures() {}

  /** A file or folder below {@code fixtures}, for example {@code models/llama/config.json}. */
  public static Path path(String relative) {
    Path path = ROOT.resolve(relative);
    assertThat(path).as("fixture").exists();
    return path;
  }

  /** The same below the folder {@code ../shared}; for tests of the group {@code shared}. */
  public static Path shared(String relative) {
    Path root = Path.of(System.getProperty("talchum.shared", "../shared"));
    Path path = root.resolve("fixtures").resolve(relative);
    assertThat(path).as("fixture; -Dtalchum.shared names the folder shared").exists();
    return path;
  }

  public static JsonNode json(String relative) {
    try {
      return new JsonMapper().readTree(path(relative).toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The rows of a file with one JSON object per line. */
  public static List<JsonNode> lines(String relative) {
    List<JsonNode> rows = new ArrayList<>();
    try {
      for (String line : Files.readAllLines(path(relative))) {
        rows.add(new JsonMapper().readTree(line));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return rows;
  }

  /** Copies a fixture folder so that a test may change it. */
  public static Path copyOf(String relative, Path target) {
    Path source = path(relative);
    try {
      Files.walkFileTree(
          source,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes)
                throws IOException {
              Files.createDirectories(target.resolve(source.relativize(folder).toString()));
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              Files.copy(file, target.resolve(source.relativize(file).toString()));
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return target;
  }

  /** Reads golden tensors; close it after use. */
  public static Goldens goldens(String relative) {
    return goldens(path(relative));
  }

  /** Reads golden tensors of any file; close it after use. */
  public static Goldens goldens(Path path) {
    return new Goldens(SafetensorsFile.open(path));
  }

  /** The tensors of one golden file. */
  public record Goldens(SafetensorsFile file) implements AutoCloseable {
    public boolean has(String name) {
      return file.tensors().containsKey(name);
    }

    /** Row-major fp32. */
    public float[] floats(String name) {
      return file.readFloats(name);
    }

    /** A matrix, one array per row. */
    public float[][] rows(String name) {
      List<Long> shape = file.tensor(name).shape();
      float[] flat = file.readFloats(name);
      int columns = Math.toIntExact(shape.getLast());
      float[][] rows = new float[flat.length / columns][];
      for (int row = 0; row < rows.length; row++) {
        rows[row] = java.util.Arrays.copyOfRange(flat, row * columns, (row + 1) * columns);
      }
      return rows;
    }

    /** Token ids, stored as I64 or I32. */
    public int[] ints(String name) {
      TensorInfo tensor = file.tensor(name);
      int[] values = new int[Math.toIntExact(tensor.elements())];
      for (int i = 0; i < values.length; i++) {
        values[i] =
            switch (tensor.dtype()) {
              case I64 ->
                  Math.toIntExact(
                      file.data(name)
                          .get(
                              ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN),
                              8L * i));
              case I32 ->
                  file.data(name)
                      .get(
                          ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN),
                          4L * i);
              default -> throw new IllegalArgumentException(name + " is " + tensor.dtype());
            };
      }
      return values;
    }

    @Override
    public void close() {
      file.close();
    }
  }

  /** The cases of {@code hostile/manifest.json} of one kind. */
  public static List<HostileCase> hostile(String kind) {
    List<HostileCase> cases = new ArrayList<>();
    for (JsonNode node : json("hostile/manifest.json").get("cases")) {
      if (node.get("kind").asText().equals(kind)) {
        List<String> names = new ArrayList<>();
        node.get("must").get("names").forEach(name -> names.add(name.asText()));
        cases.add(
            new HostileCase(
                node.get("path").asText(),
                node.get("why").asText(),
                node.get("must").get("action").asText(),
                names));
      }
    }
    return cases;
  }

  /**
   * One hostile input.
   *
   * @param action refuse, bounded or accept
   * @param names the refusal contains one of these, in any case
   */
  public record HostileCase(String path, String why, String action, List<String> names) {
    public Path file() {
      return Fixtures.path("hostile/" + path);
    }

    @Override
    public String toString() {
      return path + ": " + why;
    }
  }

  /**
   * Puts the files that must never be opened (pickles by name) into a copy of a hostile folder; the
   * repository holds none.
   */
  public static void plantPickles(Path folder, Map<String, String> contentByName) {
    contentByName.forEach(
        (name, content) -> {
          try {
            Files.writeString(folder.resolve(name), content);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }
}
