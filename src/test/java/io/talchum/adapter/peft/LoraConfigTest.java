package io.talchum.adapter.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.talchum.adapter.TestBases;
import io.talchum.adapter.folder.AdapterConfigFields;
import io.talchum.adapter.folder.ConfigJson;
import io.talchum.adapter.folder.TensorSource;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.testing.Fixtures;
import io.talchum.testing.ZeroBase;
import io.talchum.weights.safetensors.SafetensorsFile;
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

/** What adapter_config.json of a LoRA says, and what is refused of it. */
class LoraConfigTest {
  private static final String Q = "model.layers.0.self_attn.q_proj";

  private record Parsed(LoraScale scale, ModuleSelection modules) {
    int rankOf(String path) {
      return scale.rankOf(path);
    }

    float scaleOf(String path) {
      return scale.scaleOf(path);
    }
  }

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path temp;

  static Collection<String> refusedOptions() {
    return new LoraKind().options().refused().keySet();
  }

  @ParameterizedTest
  @MethodSource("refusedOptions")
  void optionsThatWouldChangeTheResultAreRefusedByName(String option) {
    for (String on : List.of("true", "[\"lm_head\"]", "{\"x\":1}", "7", "\"x\"")) {
      assertThat(refusalOf("\"" + option + "\":" + on)).hasMessageContaining(option);
    }
    for (String off : List.of("null", "false", "[]", "{}")) {
      assertThat(read("\"" + option + "\":" + off).rankOf(Q)).isEqualTo(8);
    }
  }

  @Test
  void unknownKeysAreRefusedUnlessOff() {
    assertThat(refusalOf("\"new_option\":1")).hasMessageContaining("new_option");
    assertThat(read("\"new_option\":null,\"other_option\":{}").rankOf(Q)).isEqualTo(8);
  }

  @Test
  void trainingOptionsAreHarmless() {
    Parsed config =
        read(
            """
            "inference_mode":false,"lora_dropout":0.05,"peft_version":"0.9","revision":"main",
            "megatron_core":"megatron.core","qalora_group_size":16,"eva_config":{"rho":2},
            "task_type":"CAUSAL_LM","base_model_name_or_path":"org/base",
            "auto_mapping":{"base_model_class":"LlamaForCausalLM",
              "parent_library":"transformers.models.llama.modeling_llama","unsloth_fixed":true}
            """);

    assertThat(config.scaleOf("model.layers.0.self_attn.q_proj")).isEqualTo(1f);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "bias \"some\"",
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
        "init_lora_weights \"pissa_niter_16\"",
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
  void embeddingAndHeadAreSelectedByNameOnly() {
    ModuleSelection.Selected named = selection("\"target_modules\":[\"embed_tokens\",\"lm_head\"]");
    assertThat(named.embedding()).isTrue();
    assertThat(named.head()).isTrue();
    assertThat(named.linears()).isEmpty();
    ModuleSelection.Selected all = selection("\"target_modules\":\"all-linear\"");
    assertThat(all.embedding() || all.head()).isFalse();
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
    Parsed config =
        read(
            """
            "rank_pattern":{"q_proj":2,"layers.1.self_attn.q_proj":6,"layers\\\\.[01]\\\\..*":4},
            "alpha_pattern":{"model.layers.0.self_attn.q_proj":1.5}
            """);

    assertThat(config.rankOf("model.layers.1.self_attn.q_proj")).isEqualTo(2);
    assertThat(config.rankOf("model.layers.1.self_attn.v_proj")).isEqualTo(4);
    assertThat(config.rankOf("model.layers.2.self_attn.v_proj")).isEqualTo(8);
    assertThat(config.scaleOf("model.layers.0.self_attn.q_proj")).isEqualTo(0.75f);
    assertThat(config.scaleOf("model.layers.1.self_attn.q_proj")).isEqualTo(4f);
  }

  @Test
  void patternsHaveToMatchTheBase() {
    for (String option : List.of("rank_pattern", "alpha_pattern")) {
      assertThat(refusalOf("\"" + option + "\":{\"w_pack\":4}"))
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

  private ModuleSelection.Selected selection(String options) {
    return parse("{\"peft_type\":\"LORA\"," + options + "}").modules().select(TestBases.LLAMA);
  }

  private List<String> selected(String options) {
    Parsed config = parse("{\"peft_type\":\"LORA\"," + options + "}");
    return List.copyOf(config.modules().select(TestBases.LLAMA).linears().keySet());
  }

  /** A configuration of q_proj with one more option. */
  private Parsed read(String more) {
    return parse("{\"peft_type\":\"LORA\",\"target_modules\":[\"q_proj\"]," + more + "}");
  }

  private Parsed parse(String json) {
    try (SafetensorsFile file =
        SafetensorsFile.open(Fixtures.path("adapters/llama/lora_qv/adapter_model.safetensors"))) {
      AdapterConfigFields fields =
          ConfigJson.read(Files.writeString(temp.resolve("adapter_config.json"), json));
      PeftKinds.of(fields).options().check(fields);
      PeftSource source =
          new PeftSource(fields, new TensorSource(file, ""), new ZeroBase(TestBases.LLAMA));
      SavedBiases.Mode unused = SavedBiases.mode(fields);
      LoraScale scale = LoraScale.read(source, "lora_alpha");
      LoraModule start = LoraModule.begin(source, scale);
      assertThat(start).isNotNull();
      return new Parsed(scale, ModuleSelection.read(fields, source.budget()));
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
