package io.talchum.adapter.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.talchum.adapter.TestBases;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PeftConfigTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path temp;

  static Collection<String> refusedOptions() {
    return PeftOptions.REFUSED.keySet();
  }

  @ParameterizedTest
  @MethodSource("refusedOptions")
  void optionsThatWouldChangeTheResultAreRefusedByName(String option) {
    for (String on : List.of("true", "[\"lm_head\"]", "{\"x\":1}", "7", "\"x\"")) {
      assertThat(refusalOf("\"" + option + "\":" + on)).hasMessageContaining(option);
    }
    for (String off : List.of("null", "false", "[]", "{}")) {
      assertThat(read("\"" + option + "\":" + off).rank()).isEqualTo(8);
    }
  }

  @Test
  void unknownKeysAreRefusedUnlessOff() {
    assertThat(refusalOf("\"new_option\":1")).hasMessageContaining("new_option");
    assertThat(read("\"new_option\":null,\"other_option\":{}").rank()).isEqualTo(8);
  }

  @Test
  void trainingOptionsAreHarmless() {
    PeftConfig config =
        read(
            """
            "inference_mode":false,"lora_dropout":0.05,"peft_version":"0.9","revision":"main",
            "megatron_core":"megatron.core","qalora_group_size":16,"eva_config":{"rho":2},
            "task_type":"CAUSAL_LM","base_model_name_or_path":"org/base",
            "auto_mapping":{"base_model_class":"LlamaForCausalLM",
              "parent_library":"transformers.models.llama.modeling_llama","unsloth_fixed":true}
            """);

    assertThat(config.scaleOf("model.layers.0.self_attn.q_proj")).isEqualTo(1.0);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "bias \"all\"",
        "bias \"lora_only\"",
        "bias true",
        "use_rslora \"true\"",
        "use_rslora 1",
        "r null",
        "r 4097",
        "r 8.0",
        "r 1e1",
        "r true",
        "r 99999999999999999999",
        "lora_alpha \"16\"",
        "lora_alpha -Infinity",
        "lora_dropout \"0\"",
        "rank_pattern [4]",
        "rank_pattern {\"q_proj\":\"4\"}",
        "rank_pattern {\"q_proj\":4.5}",
        "rank_pattern {\"q_proj\":0}",
        "rank_pattern {\"(\":4}",
        "alpha_pattern {\"q_proj\":null}",
        "alpha_pattern {\"q_proj\":NaN}",
        "exclude_modules 3",
        "exclude_modules [3]",
        "exclude_modules \"(\"",
        "layers_to_transform \"0\"",
        "layers_to_transform [0.5]",
        "layers_to_transform [-1]",
        "layers_pattern \"layers\"",
        "init_lora_weights \"pissa\"",
        "init_lora_weights \"pissa_niter_16\"",
        "init_lora_weights \"olora\"",
        "init_lora_weights \"loftq\"",
        "init_lora_weights \"corda\"",
        "init_lora_weights \"mystery\"",
        "init_lora_weights 1",
        "task_type \"SEQ_CLS\"",
        "base_model_name_or_path 5",
        "base_model_name_or_path \"..\"",
        "base_model_name_or_path \"C:\\\\..\\\\x\"",
        "auto_mapping \"x\"",
        "auto_mapping {\"base_model_class\":\"A\",\"parent_library\":\"transformers\",\"x\":1}",
        "auto_mapping {\"base_model_class\":\"A\",\"parent_library\":\"os\"}",
        "eva_config {\"tau\":NaN}"
      })
  void badValuesAreRefusedByKey(String key, String value) {
    assertThat(refusalOf("\"" + key + "\":" + value)).hasMessageContaining(key);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "null",
        "{} {}",
        "{\"peft_type\":\"LORA\",\"peft_type\":\"LORA\"}",
        "{'peft_type':1}",
        "{\"peft_type\":3}",
        "\u0000"
      })
  void whatIsNoConfigurationIsRefused(String text) {
    assertThat(refusalOfFile(text)).hasMessageContaining("adapter_config.json");
  }

  @Test
  void largeAndNestedFilesAreRefused() {
    assertThat(refusalOfFile("{\"a\":\"" + "x".repeat(1 << 20) + "\"}"))
        .hasMessageContaining("larger");
    assertThat(refusalOfFile("{\"a\":" + "[".repeat(1000) + "]".repeat(1000) + "}"))
        .hasMessageContaining("depth");
  }

  @Test
  void firstMatchingPatternWins() {
    PeftConfig config =
        read(
            """
            "rank_pattern":{"q_proj":2,"layers.1.self_attn.q_proj":6,"layers\\\\.[01]\\\\..*":4},
            "alpha_pattern":{"model.layers.0.self_attn.q_proj":1.5}
            """);

    assertThat(config.rankOf("model.layers.1.self_attn.q_proj")).isEqualTo(2);
    assertThat(config.rankOf("model.layers.1.self_attn.v_proj")).isEqualTo(4);
    assertThat(config.rankOf("model.layers.2.self_attn.v_proj")).isEqualTo(8);
    assertThat(config.scaleOf("model.layers.0.self_attn.q_proj")).isEqualTo(0.75);
    assertThat(config.scaleOf("model.layers.1.self_attn.q_proj")).isEqualTo(4.0);
  }

  @Test
  void patternsHaveToMatchTheBase() {
    for (String option : List.of("rank_pattern", "alpha_pattern")) {
      PeftConfig config = read("\"" + option + "\":{\"w_pack\":4}");
      assertThat(refusal(() -> config.select(TestBases.LLAMA)))
          .hasMessageContaining(option)
          .hasMessageContaining("w_pack");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "\"all-linear\" 21",
        "[\"q_proj\",\"v_proj\"] 6",
        "[\"self_attn.q_proj\"] 3",
        "[\"model.layers.2.mlp.up_proj\"] 1",
        "\".*_proj\" 21",
        "\".*layers\\\\.(?:0|2).*mlp.*\" 6"
      })
  void targetModulesSelect(String targets, int expected) {
    assertThat(selected("\"target_modules\":" + targets)).hasSize(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "\"layers_to_transform\":1 model.layers.1.self_attn.q_proj",
        "\"layers_to_transform\":[1],\"layers_pattern\":\"layers\" model.layers.1.self_attn.q_proj",
        "\"layers_to_transform\":[1],\"layers_pattern\":[\"h\",\"lay.*\"] "
            + "model.layers.1.self_attn.q_proj",
        "\"exclude_modules\":\".*layers.[12].*\" model.layers.0.self_attn.q_proj"
      })
  void layersAndExclusionsNarrowTheSelection(String more, String expected) {
    assertThat(selected("\"target_modules\":[\"q_proj\"]," + more)).containsExactly(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "\"target_modules\":[] target_modules",
        "\"target_modules\":null target_modules",
        "\"target_modules\":[\"q_proj\",\"c_attn\"] c_attn",
        "\"target_modules\":[\"proj\"] proj",
        "\"target_modules\":[\"lm_head\"] lm_head",
        "\"target_modules\":[\"model.embed_tokens\"] embed_tokens",
        "\"target_modules\":\"nothing\" nothing",
        "\"target_modules\":[\"q_proj\"],\"layers_to_transform\":[3] layers_to_transform",
        "\"target_modules\":\".*q_proj\",\"layers_to_transform\":[0] layers_to_transform",
        "\"target_modules\":[\"q_proj\"],\"exclude_modules\":[\"q_proj\"] q_proj",
        "\"target_modules\":[\"q_proj\"],\"layers_to_transform\":0,\"layers_pattern\":\"h\" q_proj"
      })
  void selectionsThatMissTheBaseAreRefused(String options, String named) {
    assertThat(refusal(() -> selected(options))).hasMessageContaining(named);
  }

  @Test
  void hugePatternTablesAreRefused() {
    List<String> entries = new ArrayList<>();
    for (int i = 0; i < 10_001; i++) {
      entries.add("\"a" + i + "\":1");
    }
    assertThat(refusalOf("\"rank_pattern\":{" + String.join(",", entries) + "}"))
        .hasMessageContaining("rank_pattern");
  }

  private List<String> selected(String options) {
    PeftConfig config = parse("{\"peft_type\":\"LORA\"," + options + "}");
    return List.copyOf(config.select(TestBases.LLAMA).keySet());
  }

  /** A configuration of q_proj with one more option. */
  private PeftConfig read(String more) {
    return parse("{\"peft_type\":\"LORA\",\"target_modules\":[\"q_proj\"]," + more + "}");
  }

  private PeftConfig parse(String json) {
    try {
      return PeftConfig.read(Files.writeString(temp.resolve("adapter_config.json"), json));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private ServeException refusalOf(String more) {
    return refusal(() -> read(more));
  }

  private ServeException refusalOfFile(String json) {
    return refusal(() -> parse(json));
  }

  private interface Reading {
    Object run();
  }

  private static ServeException refusal(Reading reading) {
    ServeException refusal =
        catchThrowableOfType(
            ServeException.class,
            () -> {
              Object unused = reading.run();
            });
    assertThat(refusal).isNotNull();
    assertThat(refusal.code()).isEqualTo(ErrorCode.INVALID_ADAPTER);
    return refusal;
  }
}
