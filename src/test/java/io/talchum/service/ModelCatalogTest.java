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
import java.util.Map;
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
  void aSourceThatIsNotImportedIsToldTheCommand() throws IOException {
    Path gguf = Files.createFile(dataDir.resolve("m.gguf"));
    assertRefused(
        gguf.toString(),
        ErrorCode.MODEL_NOT_FOUND,
        "it is not imported yet: ./talchum import " + gguf);
    String folder = Fixtures.path("models/llama_tied").toString();
    assertRefused(folder, ErrorCode.MODEL_NOT_FOUND, "./talchum import " + folder);
    assertRefused("hf:org/name", ErrorCode.MODEL_NOT_FOUND, "./talchum import hf:org/name");
    assertRefused("org/name", ErrorCode.MODEL_NOT_FOUND, "./talchum import hf:org/name");
  }

  @Test
  void removesPackagesOfEveryKindAndNothingElse() throws IOException {
    importTiny("one");
    replaceInManifest(importTiny("cut"), "{", "");
    catalog().toServe("talchum-demo");
    Files.createDirectories(dataDir.resolve("models/own"));
    for (String name : List.of("one", "cut", "talchum-demo")) {
      assertThat(catalog().remove(name)).isPositive();
    }
    assertThat(names(dataDir.resolve("models"))).containsExactly("own");
    for (String name : List.of("one", "own", "..", ".", "", "../models/own")) {
      assertThatThrownBy(() -> catalog().remove(name))
          .isInstanceOfSatisfying(
              ServeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.MODEL_NOT_FOUND))
          .hasMessageContaining("known are none");
    }
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

  @Test
  void aPackageOfAnOlderBuildIsShownAndStopsNoOther() throws IOException {
    importTiny("one");
    makeOlder(importTiny("old"));
    assertThat(catalog().list()).extracting(ModelSummary::name).containsExactly("one");
    assertThat(catalog().unusable())
        .containsExactly(Map.entry("old", "written by an older build: import it again"));
    assertThat(catalog().toServe(null)).isEqualTo(dataDir.resolve("models/one"));
    assertRefused("old", ErrorCode.INVALID_MODEL, "old", "older build", "import it again");
    assertRefused("nobody", ErrorCode.MODEL_NOT_FOUND, "one");
  }

  @Test
  void theDemoModelIsNotServedInPlaceOfAnOlderPackage() throws IOException {
    makeOlder(importTiny("old"));
    assertRefused(null, ErrorCode.INVALID_MODEL, "old was written by", "--model talchum-demo");
    assertThat(catalog().toServe("talchum-demo")).isDirectory();
  }

  @Test
  void anImportReplacesAPackageOfAnOlderBuild() throws IOException {
    ModelSummary before = importTiny("old");
    makeOlder(before);
    assertThat(importTiny("old")).isEqualTo(before);
    assertThat(names(dataDir.resolve("models"))).containsExactly("old");
    assertThat(catalog().unusable()).isEmpty();
    assertThatThrownBy(() -> importTiny("old")).hasMessageContaining("a model named old exists");
  }

  @Test
  void theDemoModelOfAnOlderBuildIsInstalledAnew() throws IOException {
    catalog().toServe(null);
    ModelSummary demo = catalog().list().getFirst();
    makeOlder(demo);
    assertThat(catalog().list()).isEmpty();
    catalog().toServe(null);
    assertThat(catalog().list()).containsExactly(demo);
  }

  @Test
  void whatIsNewerOrBrokenIsKept() throws IOException {
    replaceInManifest(importTiny("new"), "\"formatVersion\" : 2", "\"formatVersion\" : 3");
    replaceInManifest(importTiny("broken"), "\"spec\"", "\"specs\"");
    replaceInManifest(importTiny("cut"), "{", "");
    assertThat(catalog().list()).isEmpty();
    assertThat(catalog().unusable().keySet()).containsExactly("broken", "cut", "new");
    assertThat(catalog().unusable().get("new")).contains("newer build");
    assertThat(catalog().unusable().get("cut")).contains("cannot be read");
    for (String name : List.of("new", "broken", "cut")) {
      assertThatThrownBy(() -> importTiny(name)).hasMessageContaining("exists");
    }
  }

  /** As builds wrote it before the tensors had the formats of today. */
  private void makeOlder(ModelSummary model) throws IOException {
    replaceInManifest(model, "\"formatVersion\" : 2", "\"formatVersion\" : 1");
    replaceInManifest(model, "\"rules\"", "\"gone\"");
  }

  private void replaceInManifest(ModelSummary model, String old, String text) throws IOException {
    Path manifest = dataDir.resolve("models").resolve(model.name()).resolve("model.json");
    String json = Files.readString(manifest);
    assertThat(json).contains(old);
    Files.writeString(manifest, json.replace(old, text));
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
