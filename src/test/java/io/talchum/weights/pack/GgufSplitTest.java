package io.talchum.weights.pack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.weights.gguf.GgufFile;
import io.talchum.weights.gguf.GgufFromHf;
import io.talchum.weights.gguf.GgufWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufSplitTest {
  @TempDir private Path folder;

  private PackageManifest imported(Path source, String name) {
    Path target =
        new ModelImporter()
            .run(
                ImportRequest.of(source, name).withoutTokenizer(),
                folder.resolve("models"),
                ProgressListener.NONE);
    try (ModelPackage model = ModelPackage.open(target)) {
      return model.manifest();
    }
  }

  private Path split() {
    return GgufFromHf.writer("qwen3").writeSplit(folder, "q", 3);
  }

  private Path part(int number) {
    return folder.resolve(GgufWriter.part("q", number, 3));
  }

  private void assertRefused(Path source, String... reasons) {
    assertThatThrownBy(() -> imported(source, "refused")).hasMessageContainingAll(reasons);
    assertThat(folder.resolve("models/refused")).doesNotExist();
  }

  @Test
  void isTheSameModelWhicheverPartIsNamed() {
    PackageManifest whole = imported(GgufFromHf.write("qwen3", folder.resolve("w.gguf")), "w");
    Path first = split();
    assertThat(ImportRequest.defaultName(first)).isEqualTo("q");
    for (int i = 0; i < 3; i++) {
      PackageManifest parts = imported(part(i), "p" + i);
      assertThat(parts.contentHash()).isEqualTo(whole.contentHash());
      assertThat(parts.source()).isEqualTo("q-00001-of-00003.gguf");
    }
  }

  @Test
  void namesThePartThatIsMissing() throws IOException {
    split();
    Files.delete(part(1));
    assertRefused(part(0), "is part 1 of 3; q-00002-of-00003.gguf is not beside it");
  }

  @Test
  void needsTheNamesThatSplitFilesHave() throws IOException {
    Path moved = Files.move(split(), folder.resolve("model.gguf"));
    assertRefused(moved, "model.gguf is part 1 of 3", "-00001-of-00003.gguf");
  }

  @Test
  void refusesPartsThatDoNotBelongTogether() throws IOException {
    split();
    Files.copy(part(1), folder.resolve("kept"));
    Files.delete(part(1));
    Files.copy(part(2), part(1));
    assertRefused(part(0), "q-00002-of-00003.gguf says part 3 of 3", "the others say part 2 of 3");

    Files.delete(part(1));
    new GgufWriter()
        .put("split.no", 1)
        .put("split.count", 3)
        .put("split.tensors.count", 1)
        .write(part(1));
    assertRefused(part(0), "part 2 of 3 with 1 tensors");
  }

  @Test
  void refusesMetadataOrTensorsTwice() throws IOException {
    Path first = split();
    int tensors;
    try (GgufFile whole = GgufFile.open(first)) {
      tensors = whole.tensors().size();
    }
    Files.delete(part(2));
    GgufWriter other =
        new GgufWriter()
            .put("split.no", 2)
            .put("split.count", 3)
            .put("split.tensors.count", tensors);
    other.write(part(2));
    assertRefused(first, "tensors in all parts, not " + tensors);
    Files.delete(part(2));
    other.add("token_embd.weight", new float[8], 8).write(part(2));
    assertRefused(first, "has tensor token_embd.weight of another part again");
    Files.delete(part(2));
    other.put("qwen3.block_count", 9).write(part(2));
    assertRefused(first, "has metadata qwen3.block_count that the first part has not");
  }

  @Test
  void boundsTheParts() {
    Path file =
        new GgufWriter()
            .put("split.no", 0)
            .put("split.count", 60_000)
            .write(folder.resolve("x-00001-of-60000.gguf"));
    assertRefused(file, "split.count is 60000; it must be from 0 to 1024");
  }
}
