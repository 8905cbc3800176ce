package io.talchum.weights.pack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.testing.Fixtures;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelPackageTest {
  private static Path imported(Path models) {
    return new ModelImporter()
        .run(
            ImportRequest.of(Fixtures.path("models/llama_linear"), "m"),
            models,
            ProgressListener.NONE);
  }

  @Test
  void everyPartIsAlignedAndReadable(@TempDir Path models) {
    try (ModelPackage model = ModelPackage.open(imported(models))) {
      for (PackedTensor tensor : model.manifest().tensors()) {
        tensor
            .parts()
            .forEach(
                (name, part) -> {
                  assertThat(part.offset() % 4096).isZero();
                  assertThat(model.data(tensor, name).address() % 4096).isZero();
                  assertThat(model.data(tensor, name).byteSize()).isEqualTo(part.length());
                  assertThat(model.data(tensor, name).isReadOnly()).isTrue();
                });
      }
      assertThat(model.tensor("layers.0.qkv.bias").rows())
          .isEqualTo(model.tensor("layers.0.qkv").rows());
      assertThatThrownBy(() -> model.tensor("layers.9.qkv"))
          .isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> model.dequantizedRow(model.tensor("embed"), 520))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void aChangedByteIsFoundOnDemand(@TempDir Path models) throws IOException {
    Path directory = imported(models);
    try (RandomAccessFile file =
        new RandomAccessFile(directory.resolve("weights.bin").toFile(), "rw")) {
      file.seek(5000);
      int before = file.read();
      file.seek(5000);
      file.write(before ^ 1);
    }
    try (ModelPackage model = ModelPackage.open(directory)) {
      assertThatThrownBy(model::verify).hasMessageContaining("content hash");
    }
  }

  @Test
  void aShortenedFileIsRefused(@TempDir Path models) throws IOException {
    Path directory = imported(models);
    try (RandomAccessFile file =
        new RandomAccessFile(directory.resolve("weights.bin").toFile(), "rw")) {
      file.setLength(file.length() - 4096);
    }
    assertRefused(directory, "import again");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"formatVersion\" : 2 | \"formatVersion\" : 7 | format version 7",
        "\"formatVersion\" : 2 | \"formatVersion\" : 1, \"x\" : 0 | format version 1",
        "\"rows\" : 520 | \"rows\" : 521 | embed",
        "\"hiddenSize\" : 64 | \"hiddenSize\" : 96 | embed",
        "\"layers\" : 2 | \"layers\" : 1000000000 | layers.2.input_norm",
        "\"layers\" : 2 | \"layers\" : 1 | its architecture has",
        "\"name\" : \"m\" | \"nom\" : \"m\" | m/model.json",
        "\"offset\" : 0 | \"offset\" : -4096 | embed",
        "\"offset\" : 0 | \"offset\" : 8 | embed",
      })
  void aManifestThatDoesNotFitIsRefused(String from, String to, String reason, @TempDir Path models)
      throws IOException {
    Path directory = imported(models);
    Path manifest = directory.resolve("model.json");
    String text = Files.readString(manifest);
    assertThat(text).contains(from);
    int at = text.indexOf(from);
    Files.writeString(manifest, text.substring(0, at) + to + text.substring(at + from.length()));
    assertRefused(directory, reason);
  }

  @Test
  void aFolderThatIsNoPackageIsNamed(@TempDir Path folder) {
    assertRefused(folder, "is no model package");
  }

  private static void assertRefused(Path directory, String reason) {
    assertThatThrownBy(() -> ModelPackage.open(directory).close())
        .isInstanceOfSatisfying(
            ServeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_MODEL))
        .hasMessageContaining(reason);
  }
}
