package io.talchum;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Who may import whom: the table of docs/architecture.md. A row names what it may use, all of it
 * above the row.
 */
class ArchitectureTest {
  private static final Map<String, List<String>> MAY_IMPORT = new LinkedHashMap<>();

  static {
    MAY_IMPORT.put("core", List.of());
    MAY_IMPORT.put("weights", List.of("core"));
    MAY_IMPORT.put("weights.safetensors", List.of("core", "weights"));
    MAY_IMPORT.put("weights.block", List.of("weights"));
    MAY_IMPORT.put("weights.checkpoint", List.of("core", "weights", "weights.block"));
    MAY_IMPORT.put(
        "weights.gguf", List.of("core", "weights", "weights.block", "weights.checkpoint"));
    MAY_IMPORT.put(
        "weights.hf",
        List.of("core", "weights", "weights.block", "weights.safetensors", "weights.checkpoint"));
    MAY_IMPORT.put("weights.quantize", List.of("core", "weights.block", "weights.checkpoint"));
    MAY_IMPORT.put(
        "weights.pack",
        List.of(
            "core",
            "weights",
            "weights.block",
            "weights.checkpoint",
            "weights.gguf",
            "weights.hf",
            "weights.quantize"));
    MAY_IMPORT.put("huggingface", List.of("core"));
    MAY_IMPORT.put("text", List.of("core"));
    MAY_IMPORT.put("adapter", List.of("core", "weights.pack"));
    MAY_IMPORT.put("adapter.store", List.of("core", "adapter"));
    MAY_IMPORT.put("adapter.folder", List.of("core", "weights", "weights.safetensors", "adapter"));
    MAY_IMPORT.put(
        "adapter.peft",
        List.of("core", "weights.safetensors", "weights.checkpoint", "adapter", "adapter.folder"));
    MAY_IMPORT.put(
        "adapter.mix", List.of("core", "weights.safetensors", "adapter", "adapter.peft"));
    MAY_IMPORT.put(
        "adapter.adapterhub", List.of("core", "weights.safetensors", "adapter", "adapter.folder"));
    MAY_IMPORT.put("model", List.of("core", "adapter"));
    MAY_IMPORT.put("model.kernel", List.of());
    MAY_IMPORT.put(
        "model.onnx",
        List.of("core", "weights.quantize", "weights.pack", "adapter", "model", "model.kernel"));
    MAY_IMPORT.put("engine", List.of("core", "text", "adapter", "model"));
    MAY_IMPORT.put("conditioning", List.of("core", "text", "adapter"));
    MAY_IMPORT.put(
        "service",
        List.of(
            "core",
            "weights.quantize",
            "weights.pack",
            "huggingface",
            "text",
            "adapter",
            "adapter.store",
            "adapter.mix",
            "model",
            "engine",
            "conditioning"));
    MAY_IMPORT.put("api.http", List.of("core", "service"));
    MAY_IMPORT.put("api.grpc", List.of("core", "service"));
    MAY_IMPORT.put("cli", List.of("core", "service"));
    MAY_IMPORT.put("wiring", List.copyOf(MAY_IMPORT.keySet()));
  }

  private static final JavaClasses MAIN =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.talchum");

  @Test
  void rowsNameOnlyRowsAboveThem() {
    List<String> above = new ArrayList<>();
    MAY_IMPORT.forEach(
        (row, allowed) -> {
          if (!above.containsAll(allowed)) {
            throw new AssertionError(row + " names a row that is not above it: " + allowed);
          }
          above.add(row);
        });
  }

  @Test
  void packagesImportOnlyWhatTheTableNames() {
    MAY_IMPORT.forEach(
        (row, allowed) ->
            classes()
                .that(resideIn(row))
                .should()
                .onlyDependOnClassesThat(areOutsideOrIn(row, allowed))
                .allowEmptyShould(true)
                .check(MAIN));
  }

  @Test
  void everyPackageIsInTheTable() {
    for (JavaClass javaClass : MAIN) {
      if (rowOf(javaClass).isEmpty() && !isGenerated(javaClass)) {
        throw new AssertionError(javaClass.getName() + " is in no row of the table");
      }
    }
  }

  @Test
  void onlyModelOnnxKnowsOnnxRuntime() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.talchum.model.onnx..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("ai.onnxruntime..", "ai.onnx..")
        .check(MAIN);
  }

  @Test
  void frameworksStayInTheOuterRing() {
    noClasses()
        .that()
        .resideOutsideOfPackages(
            "io.talchum.api..", "io.talchum.cli..", "io.talchum.wiring..", "io.talchum.v1..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "jakarta..", "io.quarkus..", "io.smallrye..", "io.vertx..", "io.micrometer..")
        .check(MAIN);
  }

  private static DescribedPredicate<JavaClass> resideIn(String row) {
    return DescribedPredicate.describe("reside in " + row, c -> rowOf(c).equals(row));
  }

  private static DescribedPredicate<JavaClass> areOutsideOrIn(String row, List<String> allowed) {
    return DescribedPredicate.describe(
        "are outside Talchum, in " + row + " or in " + allowed,
        c -> {
          String other = rowOf(c);
          return !c.getPackageName().startsWith("io.talchum")
              || isGenerated(c)
              || other.equals(row)
              || allowed.contains(other);
        });
  }

  /** Protobuf messages and service stubs. */
  private static boolean isGenerated(JavaClass javaClass) {
    return javaClass.getPackageName().startsWith("io.talchum.v1");
  }

  /** The longest row that the class's package is in or below. */
  private static String rowOf(JavaClass javaClass) {
    String best = "";
    for (String row : MAY_IMPORT.keySet()) {
      String full = "io.talchum." + row;
      if ((javaClass.getPackageName() + ".").startsWith(full + ".")
          && row.length() > best.length()) {
        best = row;
      }
    }
    return best;
  }
}
