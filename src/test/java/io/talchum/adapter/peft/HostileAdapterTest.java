package io.talchum.adapter.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import io.talchum.adapter.TestBases;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.testing.Fixtures;
import io.talchum.testing.ZeroBase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every folder of adapters/hostile is refused, and the refusal names what is wrong. */
class HostileAdapterTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path temp;

  record Case(String path, String why, List<String> names) {
    @Override
    public String toString() {
      return path + ": " + why;
    }
  }

  static List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (JsonNode node : Fixtures.json("adapters/hostile/manifest.json").get("cases")) {
      assertThat(node.get("base").asText()).isEqualTo("base-llama");
      List<String> names = new ArrayList<>();
      node.get("message_must_name").forEach(name -> names.add(name.asText()));
      cases.add(new Case(node.get("path").asText(), node.get("why").asText(), names));
    }
    return cases;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void refusalNamesTheReason(Case hostile) {
    Path folder = Fixtures.copyOf("adapters/hostile/" + hostile.path(), temp.resolve("folder"));
    if (hostile.path().equals("pickle_only")) {
      Fixtures.plantPickles(folder, Map.of("adapter_model.bin", "not opened"));
    }

    ServeException refusal = refusalOf(folder);

    assertThat(refusal.code()).isEqualTo(ErrorCode.INVALID_ADAPTER);
    assertThat(refusal.getMessage()).contains(hostile.names()).hasSizeLessThan(1500);
  }

  @Test
  void linksOutOfTheFolderAreRefused() throws IOException {
    for (String file : List.of("adapter_config.json", "adapter_model.safetensors")) {
      Path folder = Fixtures.copyOf("adapters/llama/lora_qv", temp.resolve(file + ".d"));
      Path outside = Files.move(folder.resolve(file), temp.resolve(file));
      Files.createSymbolicLink(folder.resolve(file), outside);

      assertThat(refusalOf(folder)).hasMessageContaining(file).hasMessageContaining("link");
    }
  }

  @Test
  void linksInsideTheFolderAreFollowed() throws IOException {
    Path folder = Fixtures.copyOf("adapters/llama/lora_qv", temp.resolve("folder"));
    Path weights = folder.resolve("adapter_model.safetensors");
    Files.move(weights, folder.resolve("blob"));
    Files.createSymbolicLink(weights, Path.of("blob"));

    assertThat(new PeftReader(new ZeroBase(TestBases.LLAMA)).read(folder).modules()).isEqualTo(6);
  }

  @Test
  void missingFolderIsRefused() {
    assertThat(refusalOf(temp.resolve("nowhere"))).hasMessageContaining("nowhere");
  }

  private static ServeException refusalOf(Path folder) {
    ServeException refusal =
        catchThrowableOfType(
            ServeException.class, () -> new PeftReader(new ZeroBase(TestBases.LLAMA)).read(folder));
    assertThat(refusal).as("refusal of " + folder.getFileName()).isNotNull();
    return refusal;
  }
}
