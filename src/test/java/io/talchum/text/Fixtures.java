package io.talchum.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Where the golden files of this package's tests lie. */
public final class Fixtures {
  public static final ObjectMapper JSON = new ObjectMapper();

  private Fixtures() {}

  /** A file or folder of the repository's own fixtures. */
  public static Path own(String path) {
    return Path.of("src", "test", "resources", "fixtures").resolve(path);
  }

  /** A file or folder of the shared fixtures; they must be there where a test asks for them. */
  public static Path shared(String path) {
    Path file = Path.of(System.getProperty("talchum.shared", "../shared")).resolve(path);
    if (!Files.exists(file)) {
      throw new IllegalStateException(
          file + " is missing; set -Dtalchum.shared to the folder that holds fixtures/");
    }
    return file;
  }

  public static List<JsonNode> lines(Path jsonl) {
    try {
      List<JsonNode> rows = new ArrayList<>();
      for (String line : Files.readAllLines(jsonl)) {
        rows.add(JSON.readTree(line));
      }
      return rows;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static JsonNode json(Path file) {
    try {
      return JSON.readTree(file.toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
