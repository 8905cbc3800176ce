package io.talchum;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreePathScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Sizes beyond which nobody reads on, and what a file must not hold. */
class SourceShapeTest {
  private static final int MAX_FILE_LINES = 500;
  private static final int MAX_METHOD_LINES = 60;
  private static final Path MAIN = Path.of("src", "main", "java");
  private static final Path TEST = Path.of("src", "test", "java");

  @Test
  void filesAreShort() throws IOException {
    for (Path file : javaFiles(MAIN, TEST)) {
      assertThat(Files.readAllLines(file))
          .as(file.toString())
          .hasSizeLessThanOrEqualTo(MAX_FILE_LINES);
    }
  }

  @Test
  void methodsAreShort() throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      JavacTask task =
          (JavacTask)
              compiler.getTask(
                  null,
                  files,
                  null,
                  List.of(),
                  null,
                  files.getJavaFileObjectsFromPaths(javaFiles(MAIN)));
      LongMethods scanner = new LongMethods(Trees.instance(task).getSourcePositions());
      for (CompilationUnitTree unit : task.parse()) {
        scanner.scan(unit, null);
      }
      assertThat(scanner.methods).as("methods read").isPositive();
      assertThat(scanner.tooLong).as("methods of more than %d lines", MAX_METHOD_LINES).isEmpty();
    }
  }

  @Test
  void everyMainPackageIsDescribedAndNullMarked() throws IOException {
    for (Path folder : javaFiles(MAIN).stream().map(Path::getParent).distinct().toList()) {
      Path description = folder.resolve("package-info.java");
      assertThat(description).exists();
      assertThat(Files.readString(description)).startsWith("/**").contains("@NullMarked");
    }
  }

  private static List<Path> javaFiles(Path... roots) throws IOException {
    List<Path> files = new ArrayList<>();
    for (Path root : roots) {
      try (Stream<Path> tree = Files.walk(root)) {
        tree.filter(path -> path.toString().endsWith(".java")).sorted().forEach(files::add);
      }
    }
    assertThat(files).isNotEmpty();
    return files;
  }

  private static final class LongMethods extends TreePathScanner<@Nullable Void, @Nullable Void> {
    private final SourcePositions positions;
    private final List<String> tooLong = new ArrayList<>();
    private int methods;

    LongMethods(SourcePositions positions) {
      this.positions = positions;
    }

    @Override
    public @Nullable Void visitMethod(MethodTree method, @Nullable Void nothing) {
      CompilationUnitTree unit = getCurrentPath().getCompilationUnit();
      long first = line(unit, positions.getStartPosition(unit, method));
      long last = line(unit, positions.getEndPosition(unit, method));
      methods++;
      if (last - first + 1 > MAX_METHOD_LINES) {
        tooLong.add(
            "%s:%d %s, %d lines"
                .formatted(
                    unit.getSourceFile().getName(), first, method.getName(), last - first + 1));
      }
      return super.visitMethod(method, null);
    }

    private static long line(CompilationUnitTree unit, long position) {
      return position < 0 ? 0 : unit.getLineMap().getLineNumber(position);
    }
  }
}
