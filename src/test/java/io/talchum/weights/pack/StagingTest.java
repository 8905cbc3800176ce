package io.talchum.weights.pack;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.testing.Fixtures;
import io.talchum.weights.MappedFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StagingTest {
  private static List<String> children(Path folder) throws IOException {
    try (Stream<Path> children = Files.list(folder)) {
      return children.map(MappedFile::name).sorted().toList();
    }
  }

  /** What an import leaves behind that was killed. */
  private static Path deadImport(Path models) throws IOException {
    Files.createFile(models.resolve(".import-1.lock"));
    Path directory = Files.createDirectories(models.resolve(".import-1"));
    Files.writeString(directory.resolve("weights.bin"), "half");
    return directory;
  }

  @Test
  void removesWhatADeadImportLeft(@TempDir Path models) throws IOException {
    deadImport(models);
    Staging.open(models).close();
    assertThat(children(models)).isEmpty();
  }

  @Test
  void leavesAnotherImportAlone(@TempDir Path models) throws IOException {
    try (Staging first = Staging.open(models);
        Staging second = Staging.open(models)) {
      assertThat(first.directory()).isDirectory().isNotEqualTo(second.directory());
      second.publish(models.resolve("b"), false);
      first.publish(models.resolve("a"), false);
    }
    assertThat(children(models)).containsExactly("a", "b");
  }

  @Test
  void anotherOneOfThisProcessKeepsTheLock(@TempDir Path models) throws IOException {
    try (Staging first = Staging.open(models)) {
      Files.writeString(first.directory().resolve("weights.bin"), "half");
      Staging.open(models).close();
      assertThat(first.directory().resolve("weights.bin")).exists();
    }
    assertThat(children(models)).isEmpty();
  }

  @Test
  void restoresThePackageWhoseReplacementDied(@TempDir Path models) throws IOException {
    Path target =
        new ModelImporter()
            .run(
                ImportRequest.of(Fixtures.path("models/llama_tied"), "m"),
                models,
                ProgressListener.NONE);
    Path dead = deadImport(models);
    Files.move(target, dead.resolveSibling(".import-1-old"));
    Staging.open(models).close();
    assertThat(children(models)).containsExactly("m");
    ModelPackage.open(target).close();
  }

  @Test
  void restoresAPackageOfAnOlderBuildToo(@TempDir Path models) throws IOException {
    Path old = Files.createDirectories(deadImport(models).resolveSibling(".import-1-old"));
    Files.writeString(old.resolve("model.json"), "{\"formatVersion\":1,\"name\":\"m\"}");
    Staging.open(models).close();
    assertThat(children(models)).containsExactly("m");
  }
}
