package io.talchum.weights.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.testing.Fixtures;
import io.talchum.testing.Fixtures.Goldens;
import io.talchum.testing.Fixtures.HostileCase;
import io.talchum.weights.DType;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SafetensorsFileTest {
  static List<HostileCase> hostile() {
    return Fixtures.hostile("safetensors");
  }

  @ParameterizedTest
  @MethodSource("hostile")
  void readsExactlyTheValidFiles(HostileCase hostile) {
    if (hostile.action().equals("accept")) {
      try (SafetensorsFile file = SafetensorsFile.open(hostile.file())) {
        assertThat(file.tensors()).isNotEmpty();
        file.tensors().keySet().forEach(file::readFloats);
      }
      return;
    }
    assertThatThrownBy(() -> SafetensorsFile.open(hostile.file()).close())
        .isInstanceOfSatisfying(
            ServeException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.INVALID_MODEL);
              String message = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
              assertThat(hostile.names())
                  .as(message)
                  .anyMatch(name -> message.contains(name.toLowerCase(Locale.ROOT)));
            });
  }

  @Test
  void namesAMissingFileATensorAndItsKind(@TempDir Path folder) {
    assertThatThrownBy(() -> SafetensorsFile.open(folder.resolve("gone.safetensors")).close())
        .hasMessage("gone.safetensors does not exist");
    assertThatThrownBy(() -> SafetensorsFile.open(folder).close())
        .hasMessageContaining("is not a plain file");
    try (Goldens golden = Fixtures.goldens("models/llama/golden.safetensors")) {
      assertThatThrownBy(() -> golden.floats("nothing"))
          .hasMessage("golden.safetensors: tensor nothing is missing");
      assertThatThrownBy(() -> golden.floats("p0.input_ids")).hasMessageContaining("dtype I64");
    }
  }

  @Test
  void readsEveryFloatType(@TempDir Path folder) {
    for (String type : List.of("F16", "BF16")) {
      Path path =
          new SafetensorsWriter()
              .add("a", DType.valueOf(type), List.of(2L, 2L), new float[] {1, -0.5f, 0, 65280})
              .add("b", DType.F32, List.of(1L), new float[] {0.1f})
              .add("c", DType.F64, List.of(), new float[] {-3})
              .write(folder.resolve(type + ".safetensors"));
      try (SafetensorsFile file = SafetensorsFile.open(path)) {
        assertThat(file.tensors().keySet()).containsExactly("a", "b", "c");
        assertThat(file.readFloats("a")).containsExactly(1, -0.5f, 0, 65280);
        assertThat(file.readFloats("b")).containsExactly(0.1f);
        assertThat(file.readFloats("c")).containsExactly(-3);
        assertThat(file.tensor("a").shape()).containsExactly(2L, 2L);
      }
    }
  }
}
