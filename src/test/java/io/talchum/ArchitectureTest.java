package io.talchum;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.talchum.core.SamplingParams;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What docs/architecture.md says of packages holds, and names are told apart. */
class ArchitectureTest {
  private static final String ROOT = "io.talchum.";

  /** Packages that say the same to two wires: a class of one may have a twin in the other. */
  private static final Set<String> WIRES = Set.of("api.http", "api.grpc");

  private static final Map<String, Set<String>> MAY_IMPORT = table();

  private static final JavaClasses MAIN =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.talchum");

  private static Map<String, Set<String>> table() {
    try {
      return PackageTable.read(Path.of("docs/architecture.md")).mayImport();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void thePackagesAreThoseOfTheTable() {
    Set<String> packages =
        MAIN.stream()
            .filter(c -> !isGenerated(c))
            .map(ArchitectureTest::packageOf)
            .collect(Collectors.toCollection(TreeSet::new));

    assertThat(packages).isEqualTo(new TreeSet<>(MAY_IMPORT.keySet()));
  }

  @Test
  void packagesImportOnlyWhatTheTableNames() {
    MAY_IMPORT.forEach(
        (name, allowed) ->
            classes()
                .that(
                    DescribedPredicate.describe(
                        "reside in " + name, c -> packageOf(c).equals(name)))
                .should()
                .onlyDependOnClassesThat(areOutsideOrIn(allowed))
                .check(MAIN));
  }

  @Test
  void eachLibraryOfOnnxIsKnownToOnePackage() {
    onlyIn(List.of("model.onnx.ort"), "ai.onnxruntime..");
    onlyIn(List.of("model.onnx.graph"), "ai.onnx..");
  }

  @Test
  void onlyThreePackagesCallNativeFunctions() {
    List<String> callers = List.of("model.kernel.code", "model.onnx.ort", "model.onnx.cuda");
    noClasses()
        .that(DescribedPredicate.describe("are not in " + callers, c -> !isIn(c, callers)))
        .should()
        .dependOnClassesThat()
        .haveNameMatching("java\\.lang\\.foreign\\.(Linker|SymbolLookup|FunctionDescriptor).*")
        .check(MAIN);
  }

  /** So that a new parameter is named by those who use it, and by nobody else. */
  @Test
  void samplingParametersAreMadeByTheirBuilder() {
    noClasses()
        .that()
        .doNotBelongToAnyOf(SamplingParams.class)
        .should()
        .callConstructorWhere(
            DescribedPredicate.describe(
                "makes SamplingParams by position",
                call -> call.getTargetOwner().isEquivalentTo(SamplingParams.class)))
        .check(MAIN);
  }

  private static void onlyIn(List<String> packages, String library) {
    noClasses()
        .that(DescribedPredicate.describe("are not in " + packages, c -> !isIn(c, packages)))
        .should()
        .dependOnClassesThat()
        .resideInAPackage(library)
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

  @Test
  void noTwoClassesShareAName() {
    Map<String, Set<String>> packages = new TreeMap<>();
    MAIN.stream()
        .filter(c -> c.isTopLevelClass() && !isGenerated(c))
        .filter(c -> !c.getSimpleName().equals("package-info"))
        .forEach(
            c ->
                packages
                    .computeIfAbsent(c.getSimpleName(), n -> new TreeSet<>())
                    .add(packageOf(c)));
    packages.values().removeIf(where -> where.size() == 1 || where.equals(WIRES));

    assertThat(packages).isEmpty();
  }

  private static DescribedPredicate<JavaClass> areOutsideOrIn(Set<String> allowed) {
    return DescribedPredicate.describe(
        "are outside Talchum or in " + allowed,
        c ->
            !(c.getPackageName() + ".").startsWith(ROOT)
                || isGenerated(c)
                || allowed.contains(packageOf(c)));
  }

  private static boolean isIn(JavaClass javaClass, List<String> packages) {
    return packages.contains(packageOf(javaClass));
  }

  /** Without the root; empty for classes outside. */
  private static String packageOf(JavaClass javaClass) {
    String name = javaClass.getPackageName();
    return name.startsWith(ROOT) ? name.substring(ROOT.length()) : "";
  }

  /** Protobuf messages and service stubs. */
  private static boolean isGenerated(JavaClass javaClass) {
    return javaClass.getPackageName().startsWith("io.talchum.v1");
  }
}
