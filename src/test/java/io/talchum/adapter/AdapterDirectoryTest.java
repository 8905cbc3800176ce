package io.talchum.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.talchum.adapter.peft.PeftReader;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.testing.Fixtures;
import io.talchum.testing.ZeroBase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdapterDirectoryTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path temp;

  @SuppressWarnings("NullAway.Init")
  private Path root;

  @BeforeEach
  void makeRoot() throws IOException {
    root = Files.createDirectory(temp.resolve("root")).toRealPath();
    Files.createDirectories(temp.resolve("outside/secret"));
  }

  @Test
  void relativeAndAbsolutePathsInsideResolve() throws IOException {
    Path inside = Files.createDirectories(root.resolve("team/pirate"));
    AdapterDirectory directory = new AdapterDirectory(List.of(root));

    assertThat(directory.resolve("team/pirate")).isEqualTo(inside);
    assertThat(directory.resolve("team/../team/./pirate")).isEqualTo(inside);
    assertThat(directory.resolve(inside.toString())).isEqualTo(inside);
  }

  @Test
  void secondRootIsLookedAtToo() throws IOException {
    Path other = Files.createDirectory(temp.resolve("other")).toRealPath();
    Path inside = Files.createDirectory(other.resolve("pirate"));

    assertThat(new AdapterDirectory(List.of(root, other)).resolve("pirate")).isEqualTo(inside);
  }

  @Test
  void pathsOutsideAreForbidden() throws IOException {
    Files.createSymbolicLink(root.resolve("link"), temp.resolve("outside"));
    Files.createDirectories(temp.resolve("root-2"));
    AdapterDirectory directory = new AdapterDirectory(List.of(root));

    for (String path :
        List.of(
            "",
            "..",
            "../outside/secret",
            "team/../../outside",
            "link",
            "link/secret",
            "/etc",
            "/no/such/place",
            temp.resolve("outside/secret").toString(),
            temp.resolve("root-2").toString())) {
      ServeException refusal = refusalOf(directory, path);
      assertThat(refusal.code()).as(path).isEqualTo(ErrorCode.FORBIDDEN_PATH);
      assertThat(refusal.param()).hasValue("lora_path");
      assertThat(refusal).hasMessageContaining("'" + path + "' is not inside");
      assertThat(refusal.toString().replace(path, "")).doesNotContain(root.toString());
    }
  }

  @Test
  void missingAndMalformedPathsAreRefused() {
    AdapterDirectory directory = new AdapterDirectory(List.of(root));

    assertThat(refusalOf(directory, "nothing").code()).isEqualTo(ErrorCode.NOT_FOUND);
    assertThat(refusalOf(directory, "a\0b").code()).isEqualTo(ErrorCode.INVALID_REQUEST);
    assertThat(refusalOf(new AdapterDirectory(List.of()), "a").code())
        .isEqualTo(ErrorCode.FORBIDDEN_PATH);
  }

  @Test
  void rootGivenThroughALinkWorksInBothSpellings() throws IOException {
    Path alias = Files.createSymbolicLink(temp.resolve("alias"), root);
    Path inside = Files.createDirectory(root.resolve("pirate"));
    AdapterDirectory directory = new AdapterDirectory(List.of(alias));

    assertThat(directory.resolve("pirate")).isEqualTo(inside);
    assertThat(directory.resolve(alias.resolve("pirate").toString())).isEqualTo(inside);
    assertThat(directory.resolve(inside.toString())).isEqualTo(inside);
  }

  @Test
  void missingRootIsRefused() {
    assertThatThrownBy(() -> new AdapterDirectory(List.of(temp.resolve("nowhere"))))
        .isInstanceOf(ServeException.class)
        .hasMessageContaining("nowhere");
  }

  @Test
  void scanLoadsWhatIsSoundAndReportsTheRest() throws IOException {
    Fixtures.copyOf("adapters/llama/lora_qv", root.resolve("pirate"));
    Fixtures.copyOf("adapters/llama/lora_r1", root.resolve("terse"));
    Fixtures.copyOf("adapters/hostile/nan", root.resolve("broken"));
    Fixtures.copyOf("adapters/llama/lora_r1", root.resolve("base"));
    Fixtures.copyOf("adapters/llama/lora_r1", temp.resolve("outside/elsewhere"));
    Files.createSymbolicLink(root.resolve("link"), temp.resolve("outside/elsewhere"));
    Files.createDirectories(root.resolve("empty"));
    Files.writeString(root.resolve("notes.txt"), "not an adapter");
    try (AdapterCache cache =
            new AdapterCache(
                CountingResident::new,
                new AdapterCache.Limits(1000, 1),
                InstantSource.system(),
                AdapterCacheListener.NONE);
        AdapterRegistry registry =
            new AdapterRegistry(
                Set.of("base"),
                new PeftReader(new ZeroBase(TestBases.LLAMA)),
                AdapterSelfTest.NONE,
                cache,
                InstantSource.system())) {

      AdapterDirectory.Scan scan = new AdapterDirectory(List.of(root)).addAll(registry);

      assertThat(scan.loaded())
          .extracting(info -> info.id().name())
          .containsExactly("pirate", "terse");
      assertThat(scan.broken())
          .extracting(AdapterDirectory.Broken::name)
          .containsExactly("base", "broken", "link");
      assertThat(scan.broken().get(1).reason()).contains("NaN", "lora_A");
    }
  }

  private static ServeException refusalOf(AdapterDirectory directory, String path) {
    ServeException refusal =
        catchThrowableOfType(ServeException.class, () -> directory.resolve(path));
    assertThat(refusal).as("refusal of " + path).isNotNull();
    return refusal;
  }
}
