package io.talchum.huggingface;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HubIdTest {
  @Test
  void readsRepositoryFileAndRevision() {
    assertThat(HubId.parse("hf:org/name")).isEqualTo(new HubId("org/name", null, "main"));
    assertThat(HubId.parse("hf:gpt2@refs/pr/1")).isEqualTo(new HubId("gpt2", null, "refs/pr/1"));
    HubId file = HubId.parse("hf:org/name/sub/f-Q4.gguf@v1.0");
    assertThat(file).isEqualTo(new HubId("org/name", "sub/f-Q4.gguf", "v1.0"));
    assertThat(file.defaultName()).isEqualTo("f-Q4");
    assertThat(file).hasToString("hf:org/name/sub/f-Q4.gguf@v1.0");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hf:",
        "hf:/",
        "hf:../x",
        "hf:a/..",
        "hf:a/b/c.bin",
        "hf:a/b@",
        "hf:a/b@../x",
        "hf:a b",
        "hf:a/b/../c.gguf",
        "hf:https://x/y",
        "hf:a//b"
      })
  void refusesWhatIsNoId(String text) {
    assertThatThrownBy(() -> HubId.parse(text)).hasMessageContaining("write hf:ORG/NAME");
  }

  @Test
  void settingsFollowHuggingfaceHub() {
    Path home = Path.of("h");
    assertThat(HubSettings.of(Map.of(), home).cache())
        .isEqualTo(Path.of("h/.cache/huggingface/hub"));
    assertThat(HubSettings.of(Map.of("HF_HOME", "x"), home).cache()).isEqualTo(Path.of("x/hub"));
    assertThat(HubSettings.of(Map.of("HF_HOME", "x", "HF_HUB_CACHE", "y"), home).cache())
        .isEqualTo(Path.of("y"));
    assertThat(HubSettings.of(Map.of("XDG_CACHE_HOME", "z"), home).cache())
        .isEqualTo(Path.of("z/huggingface/hub"));
    assertThat(HubSettings.of(Map.of("HF_HUB_OFFLINE", "YES"), home).offline()).isTrue();
    assertThat(HubSettings.of(Map.of("HF_HUB_OFFLINE", "0"), home).offline()).isFalse();
    assertThat(HubSettings.of(Map.of("HF_TOKEN", " t1 "), home).token()).isEqualTo("t1");
    assertThat(HubSettings.of(Map.of("HF_TOKEN", "t1"), home).toString()).doesNotContain("t1");
    assertThatThrownBy(() -> HubSettings.of(Map.of("HF_TOKEN", "se\ncret"), home))
        .hasMessageContaining("HF_TOKEN")
        .hasMessageNotContaining("cret");
    assertThatThrownBy(() -> HubSettings.of(Map.of("HF_ENDPOINT", "ftp://x"), home))
        .hasMessageContaining("HF_ENDPOINT");
  }
}
