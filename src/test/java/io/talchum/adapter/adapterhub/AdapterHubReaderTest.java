package io.talchum.adapter.adapterhub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.adapter.AdapterContent;
import io.talchum.adapter.Bottleneck;
import io.talchum.adapter.LowRankDelta;
import io.talchum.adapter.NonLinearity;
import io.talchum.adapter.Sublayer;
import io.talchum.adapter.TestBases;
import io.talchum.adapter.folder.FolderFiles;
import io.talchum.core.ErrorCode;
import io.talchum.core.Linear;
import io.talchum.core.ServeException;
import io.talchum.weights.DType;
import io.talchum.weights.safetensors.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AdapterHubReaderTest {
  private static final AdapterHubReader READER = new AdapterHubReader(TestBases.LLAMA);
  private static final String SITE = "model.layers.2.output_adapters.adapters.adapt.";

  private final Path temp;

  AdapterHubReaderTest(@TempDir Path temp) {
    this.temp = temp;
  }

  @Test
  void oneBottleneckIsRead() {
    Path folder =
        folder(bottleneck("\"scaling\":4.0,\"original_ln_before\":true"), tensors(SITE, 8));

    AdapterContent content = READER.read(folder);

    assertThat(READER.takes(FolderFiles.open(folder))).isTrue();
    assertThat(content.kind()).isEqualTo("HUB_BOTTLENECK");
    Bottleneck only = content.weights().all(Bottleneck.class).getFirst();
    assertThat(content.weights().primitives()).hasSize(1);
    assertThat(only.layer()).isEqualTo(2);
    assertThat(only.sublayer()).isEqualTo(Sublayer.MLP);
    assertThat(only.input()).isEqualTo(Bottleneck.Input.OUTPUT_AND_RESIDUAL);
    assertThat(only.nonLinearity()).isEqualTo(NonLinearity.RELU);
    assertThat(only.scale()).isEqualTo(4f);
    assertThat(only.down().outputs()).isEqualTo(8);
    assertThat(only.up().inputs()).isEqualTo(8);
    assertThat(only.gate()).isNull();
  }

  /** The product of a rule and left x right, laid out by hand. */
  @Test
  void compacterIsMultipliedOut() {
    SafetensorsWriter tensors = new SafetensorsWriter();
    tensors.add("model.shared_parameters.adapt.phm_rule", DType.F32, List.of(2L, 2L, 2L), RULE);
    tensors.add(SITE + "adapter_down.0.W_left", DType.F32, List.of(2L, 32L, 1L), counted(64));
    tensors.add(SITE + "adapter_down.0.W_right", DType.F32, List.of(2L, 1L, 1L), 3, 5);
    tensors.add(SITE + "adapter_down.0.b", DType.F32, List.of(2L), new float[2]);
    tensors.add(SITE + "adapter_up.W_left", DType.F32, List.of(2L, 1L, 1L), 1, 1);
    tensors.add(SITE + "adapter_up.W_right", DType.F32, List.of(2L, 1L, 32L), counted(64));
    tensors.add(SITE + "adapter_up.b", DType.F32, List.of(64L), new float[64]);

    Bottleneck read =
        READER
            .read(folder(bottleneck("\"phm_layer\":true,\"phm_dim\":2"), tensors))
            .weights()
            .all(Bottleneck.class)
            .getFirst();

    // H[in 33, out 1] = sum_i rule_i[1, 1] left_i[1] right_i[0], the weight is H transposed
    float expected = RULE[3] * 1 * 3 + RULE[7] * 33 * 5;
    assertThat(read.down().weight().toArray()[64 + 33]).isEqualTo(expected);
  }

  private static final float[] RULE = {1, 2, 3, 4, 5, 6, 7, 8};

  @Test
  void loraIsRead() {
    SafetensorsWriter tensors = new SafetensorsWriter();
    String prefix = "model.layers.1.self_attn.q_proj.loras.adapt.";
    tensors.add(prefix + "lora_A", DType.F32, List.of(4L, 64L), new float[256]);
    tensors.add(prefix + "lora_B", DType.F32, List.of(64L, 4L), new float[256]);

    AdapterContent content =
        READER.read(
            folder(
                "\"architecture\":\"lora\",\"r\":4,\"alpha\":12,\"attn_matrices\":[\"q\"],"
                    + "\"leave_out\":[0,2],\"composition_mode\":\"add\"",
                tensors));

    LowRankDelta only = content.weights().lowRank().getFirst();
    assertThat(content.kind()).isEqualTo("HUB_LORA");
    assertThat(only.linear()).isEqualTo(Linear.Q);
    assertThat(only.layer()).isEqualTo(1);
    assertThat(only.scale()).isEqualTo(3f);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "\"ln_before\":true ln_before",
        "\"cross_adapter\":true cross_adapter",
        "\"inv_adapter\":\"nice\" inv_adapter",
        "\"non_linearity\":\"mystery\" mystery",
        "\"new_option\":3 new_option",
        "\"architecture\":\"prompt_tuning\" prompt_tuning",
        "\"leave_out\":[3] leave_out",
        "\"scaling\":\"much\" scaling",
        "\"use_gating\":true gate.weight",
        "\"mh_adapter\":true attention_adapters"
      })
  void whatIsNotServedIsRefusedByName(String option, String named) {
    assertThatThrownBy(() -> READER.read(folder(bottleneck(option), tensors(SITE, 8))))
        .isInstanceOfSatisfying(
            ServeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ADAPTER))
        .hasMessageContaining(named);
  }

  @Test
  void leftOverAndMisshapenTensorsAreRefusedByName() {
    SafetensorsWriter more = tensors(SITE, 8);
    more.add(SITE + "mystery", DType.F32, List.of(1L), 1);
    assertThatThrownBy(() -> READER.read(folder(bottleneck("\"scaling\":1"), more)))
        .hasMessageContaining(SITE + "mystery");
    assertThatThrownBy(
            () -> READER.read(folder(bottleneck("\"scaling\":1"), tensors("model.x.", 8))))
        .hasMessageContaining(SITE + "adapter_down.0.weight");
  }

  @Test
  void picklesAreNotOpened() throws IOException {
    Path folder = folder(bottleneck("\"scaling\":1"), tensors(SITE, 8));
    Files.move(folder.resolve("adapter.safetensors"), folder.resolve("pytorch_adapter.bin"));

    assertThat(READER.takes(FolderFiles.open(folder))).isTrue();
    assertThatThrownBy(() -> READER.read(folder)).hasMessageContaining("pickle");
  }

  @Test
  void versionCountsOptionsAndTensors() {
    String plain = version("\"scaling\":1.0", 8);
    assertThat(version("\"scaling\":1.0", 8)).isEqualTo(plain);
    assertThat(version("\"scaling\":2.0", 8)).isNotEqualTo(plain);
    assertThat(version("\"scaling\":1.0,\"non_linearity\":\"gelu\"", 8)).isNotEqualTo(plain);
    assertThat(version("\"scaling\":1.0", 4)).isNotEqualTo(plain);
  }

  private String version(String options, int width) {
    return READER.read(folder(bottleneck(options), tensors(SITE, width))).version().hex();
  }

  /** On the MLP of layer 2 alone. */
  private static String bottleneck(String options) {
    return (options.contains("leave_out") ? "" : "\"leave_out\":[0,1],")
        + "\"output_adapter\":true,\"residual_before_ln\":true,"
        + options;
  }

  private static SafetensorsWriter tensors(String site, int width) {
    SafetensorsWriter tensors = new SafetensorsWriter();
    tensors.add(
        site + "adapter_down.0.weight", DType.F32, List.of((long) width, 64L), counted(width * 64));
    tensors.add(site + "adapter_down.0.bias", DType.F32, List.of((long) width), counted(width));
    tensors.add(
        site + "adapter_up.weight", DType.F32, List.of(64L, (long) width), counted(width * 64));
    tensors.add(site + "adapter_up.bias", DType.F32, List.of(64L), counted(64));
    return tensors;
  }

  private static float[] counted(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = i;
    }
    return values;
  }

  private Path folder(String config, SafetensorsWriter tensors) {
    try {
      Path folder = Files.createTempDirectory(temp, "hub");
      tensors.write(folder.resolve("adapter.safetensors"));
      Files.writeString(
          folder.resolve("adapter_config.json"),
          "{\"config\":{" + config + "},\"name\":\"adapt\",\"hidden_size\":64}");
      return folder;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
