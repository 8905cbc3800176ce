package io.talchum.weights.pack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.testing.Fixtures;
import io.talchum.testing.Fixtures.HostileCase;
import io.talchum.weights.gguf.GgufFile;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Broken and hostile sources: each is refused with its reason, quickly, and leaves nothing. */
@Timeout(value = 20, unit = TimeUnit.SECONDS)
class HostileImportTest {
  private static final long MAX_ALLOCATED_BYTES = 64L << 20;
  private static final ModelImporter IMPORTER = new ModelImporter();

  static List<HostileCase> folders() {
    return Stream.of("folder", "pickle", "tokenizer")
        .flatMap(kind -> Fixtures.hostile(kind).stream())
        .filter(hostile -> !hostile.path().equals("folders/adapter_pickle"))
        .toList();
  }

  static List<HostileCase> ggufs() {
    return Fixtures.hostile("gguf");
  }

  @ParameterizedTest
  @MethodSource("folders")
  void folder(HostileCase hostile, @TempDir Path temp) throws Exception {
    Path source = Fixtures.copyOf("hostile/" + hostile.path(), temp.resolve("source"));
    if (hostile.path().contains("pickle")) {
      Fixtures.plantPickles(
          source, Map.of("pytorch_model.bin", "not to be opened", "optimizer.pt", "neither"));
    }
    check(hostile, source, temp.resolve("models"));
  }

  @ParameterizedTest
  @MethodSource("ggufs")
  void gguf(HostileCase hostile, @TempDir Path temp) throws Exception {
    if (hostile.path().equals("gguf/ok_container.gguf")) {
      GgufFile.open(hostile.file()).close();
      return;
    }
    check(hostile, hostile.file(), temp.resolve("models"));
  }

  @Test
  void countsAreUnsigned(@TempDir Path temp) throws Exception {
    ByteBuffer file = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
    file.put("GGUF".getBytes(StandardCharsets.US_ASCII)).putInt(3).putLong(1).putLong(0);
    file.putLong(1).put((byte) 't').putInt(-1);
    Path gguf = Files.write(temp.resolve("m.gguf"), file.array());
    assertThatThrownBy(() -> GgufFile.open(gguf))
        .hasMessage("m.gguf gives tensor t 4294967295 dimensions; it must have 1 to 4");
  }

  /** Files that were made to break an importer. */
  @Test
  @Tag("shared")
  void huntedGgufs(@TempDir Path temp) throws Exception {
    List<Path> files;
    try (Stream<Path> all = Files.list(Fixtures.shared("../hunt-2/gguf"))) {
      files = all.toList();
    }
    assertThat(files).hasSizeGreaterThan(10);
    for (Path file : files) {
      assertThatThrownBy(
              () -> IMPORTER.run(ImportRequest.of(file, "m"), temp, ProgressListener.NONE))
          .as(file.toString())
          .isInstanceOfSatisfying(
              ServeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_MODEL))
          .message()
          .doesNotContain("-1 ");
      assertThat(temp).isEmptyDirectory();
    }
  }

  private static void check(HostileCase hostile, Path source, Path models) throws Exception {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    if (hostile.action().equals("accept") && hostile.names().isEmpty()) {
      IMPORTER.run(ImportRequest.of(source, "m"), models, ProgressListener.NONE);
    } else {
      assertThatThrownBy(
              () -> IMPORTER.run(ImportRequest.of(source, "m"), models, ProgressListener.NONE))
          .isInstanceOfSatisfying(ServeException.class, e -> checkRefusal(hostile, e));
      if (Files.exists(models)) {
        try (Stream<Path> left = Files.list(models)) {
          assertThat(left).isEmpty();
        }
      }
    }
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(MAX_ALLOCATED_BYTES);
  }

  private static void checkRefusal(HostileCase hostile, ServeException e) {
    assertThat(e.code()).isEqualTo(ErrorCode.INVALID_MODEL);
    String message = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
    assertThat(hostile.names())
        .as(message)
        .anyMatch(name -> message.contains(name.toLowerCase(Locale.ROOT)));
  }
}
