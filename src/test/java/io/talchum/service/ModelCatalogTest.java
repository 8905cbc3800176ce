package io.talchum.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.service.ModelSource.Quantization;
import io.talchum.testing.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelCatalogTest {
  @TempDir private Path dataDir;

  private ModelCatalog catalog() {
    return new ModelCatalog(dataDir);
  }

  @Test
  void anEmptyMachineGetsTheDemoModelAndItsAdapters() throws IOException {
    Path folder = catalog().toServe(null);
    assertThat(folder).isEqualTo(dataDir.resolve("models/talchum-demo"));
    ModelSummary demo = catalog().list().getFirst();
    assertThat(demo.name()).isEqualTo("talchum-demo");
    assertThat(demo.parameters()).isEqualTo(2_742_336);
    assertThat(demo.quantization()).as("its linears lie on the int4 grid").isEqualTo("int4");
    assertThat(demo.headQuantization()).isEqualTo("int8");
    assertThat(names(catalog().adaptersOf("talchum-demo")))
        .containsExactly("json-extract", "korean-greeter", "pirate", "terse");
    assertThat(names(dataDir.resolve("models"))).containsExactly("talchum-demo");
  }

  @Test
  void theDemoModelIsInstalledOnce() throws IOException {
    Path manifest = catalog().toServe(null).resolve("model.json");
    Object before = Files.readAttributes(manifest, "*").get("fileKey");
    assertThat(catalog().toServe(null).resolve("model.json")).isEqualTo(manifest);
    assertThat(Files.readAttributes(manifest, "*").get("fileKey")).isEqualTo(before);
  }

  @Test
  void anInstallThatBrokeOffIsCompletedAndKeepsWhatIsThere() throws IOException {
    Path own = catalog().adaptersOf("talchum-demo").resolve("pirate");
    Files.createDirectories(own);
    catalog().toServe("talchum-demo");
    assertThat(names(own)).isEmpty();
    assertThat(names(catalog().adaptersOf("talchum-demo"))).contains("pirate", "terse");
  }

  @Test
  void theOnlyImportedModelIsServedBesideTheDemoModel() {
    catalog().toServe(null);
    importTiny("one");
    assertThat(catalog().toServe(null)).isEqualTo(dataDir.resolve("models/one"));
    assertThat(catalog().toServe("talchum-demo")).isEqualTo(dataDir.resolve("models/talchum-demo"));
  }

  @Test
  void amongSeveralOneHasToBeNamed() {
    importTiny("one");
    importTiny("two");
    assertRefused(null, ErrorCode.INVALID_REQUEST, "one, two", "--model");
    assertThat(catalog().toServe("two")).isEqualTo(dataDir.resolve("models/two"));
  }

  @Test
  void aFolderMayBeNamed() {
    ModelSummary one = importTiny("one");
    Path folder = dataDir.resolve("models").resolve(one.name());
    assertThat(new ModelCatalog(dataDir.resolve("other")).toServe(folder.toString()))
        .isEqualTo(folder);
  }

  @Test
  void anUnknownNameIsToldTheKnownOnes() {
    assertRefused("nobody", ErrorCode.MODEL_NOT_FOUND, "'nobody'", "talchum-demo");
    importTiny("one");
    assertRefused("../one", ErrorCode.MODEL_NOT_FOUND, "'../one'", "one");
  }

  @Test
  void importsAsAsked() {
    ModelSummary plain =
        catalog()
            .importModel(
                new ModelSource(
                    Fixtures.path("models/llama_tied"), null, Quantization.NONE, Quantization.NONE),
                ImportProgress.NONE);
    assertThat(plain.name()).isEqualTo("llama_tied");
    assertThat(plain.quantization()).isEqualTo("none");
    assertThat(plain.headQuantization()).isEqualTo("none");
    assertThat(plain.bytes()).isPositive();
    assertThat(catalog().list()).containsExactly(plain);
  }

  @Test
  void adaptersStayBelowTheDataDirectory() {
    assertThat(catalog().adaptersOf("m")).isEqualTo(dataDir.resolve("adapters/m"));
    for (String name : List.of("..", "../x", "a/b", "/tmp", ".", "")) {
      assertThatThrownBy(() -> catalog().adaptersOf(name)).isInstanceOf(ServeException.class);
    }
  }

  private ModelSummary importTiny(String name) {
    return catalog()
        .importModel(
            new ModelSource(
                Fixtures.path("models/llama_tied"), name, Quantization.AUTO, Quantization.AUTO),
            ImportProgress.NONE);
  }

  private void assertRefused(
      @org.jspecify.annotations.Nullable String wanted, ErrorCode code, String... parts) {
    assertThatThrownBy(() -> catalog().toServe(wanted))
        .isInstanceOfSatisfying(
            ServeException.class,
            e -> {
              assertThat(e.code()).isEqualTo(code);
              assertThat(e).hasMessageContainingAll(parts);
            });
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> children = Files.list(folder)) {
      return children.map(p -> p.getFileName().toString()).sorted().toList();
    }
  }
}
