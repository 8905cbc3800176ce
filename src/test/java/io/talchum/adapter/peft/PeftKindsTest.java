package io.talchum.adapter.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.adapter.AdapterContent;
import io.talchum.adapter.InputScale;
import io.talchum.adapter.LowRankDelta;
import io.talchum.adapter.OutputScale;
import io.talchum.adapter.SoftPrompt;
import io.talchum.adapter.TestBases;
import io.talchum.adapter.VirtualKeyValues;
import io.talchum.core.ServeException;
import io.talchum.testing.ZeroBase;
import io.talchum.weights.DType;
import io.talchum.weights.safetensors.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Layouts and refusals of the kinds; that they compute the right thing is AdapterKindsTest's. */
class PeftKindsTest {
  private static final String Q = "base_model.model.model.layers.0.self_attn.q_proj.";
  private static final String ONE = "\"target_modules\":[\"layers.0.self_attn.q_proj\"]";

  private final Path temp;

  PeftKindsTest(@TempDir Path temp) {
    this.temp = temp;
  }

  @Test
  void prefixRowsAreKeysThenValuesLayerByLayer() {
    SafetensorsWriter tensors = new SafetensorsWriter();
    tensors.add("prompt_embeddings", DType.F32, List.of(2L, 192L), counted(2 * 192));

    VirtualKeyValues read =
        read("PREFIX_TUNING", "\"num_virtual_tokens\":2,\"token_dim\":32", tensors)
            .weights()
            .all(VirtualKeyValues.class)
            .getFirst();

    assertThat(read.tokens()).isEqualTo(2);
    assertThat(read.shiftsPositions()).isTrue();
    assertThat(read.keys().get(1)).startsWith(64, 65).endsWith(192 + 94, 192 + 95);
    assertThat(read.values().get(1)).startsWith(96, 97).endsWith(192 + 126, 192 + 127);
  }

  @Test
  void everyTaskHasItsOwnPrompt() {
    SafetensorsWriter tensors = new SafetensorsWriter();
    tensors.add("prompt_embeddings", DType.F32, List.of(1L, 64L), filled(64, 2));
    tensors.add("prefix_task_cols", DType.F32, List.of(2L, 1L, 1L), 3, 5);
    tensors.add("prefix_task_rows", DType.F32, List.of(2L, 1L, 64L), filled(128, 7));

    AdapterContent read =
        read(
            "MULTITASK_PROMPT_TUNING",
            "\"num_virtual_tokens\":1,\"num_tasks\":2,\"num_ranks\":1",
            tensors);

    assertThat(read.variants())
        .extracting(task -> task.all(SoftPrompt.class).getFirst().embeddings()[63])
        .containsExactly(42f, 70f);
  }

  @Test
  void scalesOfIa3GoToInputsOrOutputs() {
    SafetensorsWriter tensors = new SafetensorsWriter();
    tensors.add(Q + "ia3_l", DType.F32, List.of(64L, 1L), counted(64));
    String down = "base_model.model.model.layers.1.mlp.down_proj.";
    tensors.add(down + "ia3_l", DType.F32, List.of(1L, 160L), counted(160));

    AdapterContent read =
        read(
            "IA3",
            "\"target_modules\":[\"layers.0.self_attn.q_proj\",\"layers.1.mlp.down_proj\"],"
                + "\"feedforward_modules\":[\"down_proj\"]",
            tensors);

    assertThat(read.weights().all(OutputScale.class).getFirst().g()).containsExactly(counted(64));
    assertThat(read.weights().all(InputScale.class).getFirst().u()).containsExactly(counted(160));
  }

  /** A sees the mean of each group, times inputs / group. */
  @Test
  void groupsOfQaLoraBecomeColumns() {
    SafetensorsWriter tensors = new SafetensorsWriter();
    tensors.add(Q + "lora_A.weight", DType.F32, List.of(1L, 4L), 1, 2, 3, 4);
    tensors.add(Q + "lora_B.weight", DType.F32, List.of(64L, 1L), filled(64, 1));

    LowRankDelta read =
        read(
                "LORA",
                ONE + ",\"r\":1,\"lora_alpha\":1,\"use_qalora\":true,\"qalora_group_size\":16",
                tensors)
            .weights()
            .lowRank()
            .getFirst();

    assertThat(read.a().toArray()).hasSize(64);
    assertThat(read.a().toArray()[15]).isEqualTo(0.25f);
    assertThat(read.a().toArray()[63]).isEqualTo(1f);
  }

  @Test
  void placesOfShiraThatRepeatAreRefused() {
    SafetensorsWriter tensors = new SafetensorsWriter();
    tensors.add(Q + "shira_weight", DType.F32, List.of(128L), counted(128));
    tensors.add(Q + "shira_indices", DType.F32, List.of(2L, 128L), counted(256));

    assertThatThrownBy(() -> read("SHIRA", ONE + ",\"r\":1", tensors))
        .isInstanceOf(ServeException.class)
        .hasMessageContaining("shira_indices");
  }

  static List<String> kinds() {
    return List.copyOf(PeftKinds.READ.keySet());
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void unknownAndRefusedOptionsAreNamed(String kind) {
    List<String> options = new ArrayList<>(optionsOf(kind).refused().keySet());
    options.add("mystery_option");
    for (String option : options) {
      assertThatThrownBy(() -> read(kind, "\"" + option + "\":7", anything()))
          .as(kind)
          .isInstanceOf(ServeException.class)
          .hasMessageContaining(option);
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void tensorsOfAnotherKindAreRefused(String kind) {
    String options =
        switch (kind) {
          case "LN_TUNING" -> "\"target_modules\":[\"model.norm\"]";
          case "TRAINABLE_TOKENS" -> "\"token_indices\":[1]";
          case "ADAPTION_PROMPT" -> "\"adapter_len\":1,\"adapter_layers\":1";
          case "C3A" -> ONE + ",\"block_size\":32";
          default ->
              optionsOf(kind).honoured().contains("num_virtual_tokens")
                  ? "\"num_virtual_tokens\":1"
                  : ONE;
        };
    assertThatThrownBy(() -> read(kind, options, anything()))
        .as(kind)
        .isInstanceOf(ServeException.class)
        .hasMessageContaining("tensor");
  }

  @ParameterizedTest
  @ValueSource(strings = {"LILY", "XLORA", "WAVEFT", "MYSTERY"})
  void kindsThatAreNotServedAreNamed(String kind) {
    assertThatThrownBy(() -> read(kind, ONE, anything()))
        .isInstanceOf(ServeException.class)
        .hasMessageContaining(kind)
        .hasMessageContaining("LORA");
  }

  private static KindOptions optionsOf(String kind) {
    return Objects.requireNonNull(PeftKinds.READ.get(kind)).options();
  }

  private static SafetensorsWriter anything() {
    return new SafetensorsWriter().add(Q + "mystery", DType.F32, List.of(1L), 1);
  }

  private AdapterContent read(String kind, String options, SafetensorsWriter tensors) {
    try {
      Path folder = Files.createTempDirectory(temp, "kind");
      tensors.write(folder.resolve("adapter_model.safetensors"));
      Files.writeString(
          folder.resolve("adapter_config.json"),
          "{\"peft_type\":\"" + kind + "\"," + options + "}");
      return new PeftReader(new ZeroBase(TestBases.LLAMA)).read(folder);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static float[] counted(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = i;
    }
    return values;
  }

  private static float[] filled(int count, float value) {
    float[] values = new float[count];
    java.util.Arrays.fill(values, value);
    return values;
  }
}
