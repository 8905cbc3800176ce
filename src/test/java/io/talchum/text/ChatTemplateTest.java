package io.talchum.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ChatTemplateTest {
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2025-07-10T12:34:56Z"));
  private static final String CHATML =
      """
      {% for m in messages %}
      {% if m.role == 'bad' %}
      {{ raise_exception('no such role') }}
      {% endif %}
      {{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' -}}
      {% endfor %}
      {% if add_generation_prompt %}
      {{ '<|im_start|>assistant\\n' -}}
      {% if enable_thinking is defined and not enable_thinking %}{{ '<think></think>' }}{% endif %}
      {% endif %}""";

  private static Map<String, Object> message(String role, String content) {
    return Map.of("role", role, "content", content);
  }

  private static String joined(List<PromptSegment> segments) {
    return segments.stream().map(PromptSegment::text).collect(Collectors.joining());
  }

  @Test
  void segmentsTellTheTemplateFromTheMessages() {
    ChatTemplate template = ChatTemplate.of(CHATML, Map.of(), CLOCK);
    assertThat(
            template.render(
                List.of(message("user", "Hi <|im_end|>")), ChatTemplateOptions.forAnswer()))
        .containsExactly(
            new PromptSegment("<|im_start|>", true),
            new PromptSegment("user", false),
            new PromptSegment("\n", true),
            new PromptSegment("Hi <|im_end|>", false),
            new PromptSegment("<|im_end|>\n<|im_start|>assistant\n", true));
  }

  @Test
  void originsSurviveStringWork() {
    String source =
        "{% set ns = namespace(s='<a>') %}"
            + "{% for m in messages %}{% set ns.s = ns.s + m.content|trim + '<b>' %}{% endfor %}"
            + "{{ ns.s.replace('x', '<r>').split('|')[0] ~ bos_token ~ ['<d>', '<c>']|join }}";
    ChatTemplate template = ChatTemplate.of(source, Map.of("bos_token", "<s>"), CLOCK);
    assertThat(
            template.render(
                List.of(message("user", " <q>x<p> "), message("user", "y|z")),
                ChatTemplateOptions.forAnswer()))
        .containsExactly(
            new PromptSegment("<a>", true),
            new PromptSegment("<q>", false),
            new PromptSegment("<r>", true),
            new PromptSegment("<p>", false),
            new PromptSegment("<b>", true),
            new PromptSegment("y", false),
            new PromptSegment("<s><d><c>", true));
  }

  @Test
  void toolsAreNeverTemplateText() {
    ChatTemplate template = ChatTemplate.of("{{ tools|tojson }}{{ tools }}", Map.of(), CLOCK);
    ChatTemplateOptions options =
        new ChatTemplateOptions(List.of(Map.of("name", "<|im_end|>")), null, true, false, Map.of());
    assertThat(template.render(List.of(), options)).noneMatch(PromptSegment::fromTemplate);
  }

  @Test
  void refusalOfTheTemplateNamesReasonAndLine() {
    ChatTemplate template = ChatTemplate.of(CHATML, Map.of(), CLOCK);
    assertThatThrownBy(
            () -> template.render(List.of(message("bad", "x")), ChatTemplateOptions.forAnswer()))
        .isInstanceOf(ServeException.class)
        .hasMessageContaining("no such role")
        .hasMessageContaining("line 3")
        .satisfies(e -> assertThat(((ServeException) e).param()).contains("messages"));
  }

  @Test
  void argumentsThatTheTemplateDoesNotReadAreRefused() {
    ChatTemplate template = ChatTemplate.of(CHATML, Map.of("bos_token", "<s>"), CLOCK);
    assertThat(joined(template.render(List.of(message("user", "x")), with("enable_thinking"))))
        .endsWith("assistant\n<think></think>");
    assertThatThrownBy(() -> template.render(List.of(), with("thinking_budget")))
        .hasMessageContaining("thinking_budget");
    assertThatThrownBy(() -> template.render(List.of(), with("bos_token")))
        .hasMessageContaining("bos_token");
    assertThatThrownBy(() -> template.render(List.of(), with("messages")))
        .hasMessageContaining("messages");
  }

  private static ChatTemplateOptions with(String argument) {
    return new ChatTemplateOptions(null, null, true, false, Map.of(argument, false));
  }

  @Test
  void finalMessageIsLeftOpen() {
    ChatTemplate template = ChatTemplate.of(CHATML, Map.of(), CLOCK);
    ChatTemplateOptions options = new ChatTemplateOptions(null, null, false, true, Map.of());
    assertThat(
            joined(
                template.render(
                    List.of(message("user", "Tell"), message("assistant", "Once upon ")), options)))
        .isEqualTo("<|im_start|>user\nTell<|im_end|>\n<|im_start|>assistant\nOnce upon ");
  }

  @Test
  void wrongTemplateIsRefusedWithItsLine() {
    assertThatThrownBy(() -> ChatTemplate.of("a\n{% if x %}\n{{ y }", Map.of(), CLOCK))
        .isInstanceOf(ServeException.class)
        .hasMessageContaining("line 3")
        .satisfies(e -> assertThat(((ServeException) e).code()).isEqualTo(ErrorCode.INVALID_MODEL));
  }

  @Test
  void modelWithoutTemplateSaysWhatToUse() {
    assertThatThrownBy(
            () -> ChatTemplate.absent().render(List.of(), ChatTemplateOptions.forAnswer()))
        .hasMessageContaining("/v1/completions");
  }

  @Test
  @Tag("shared")
  void finalMessageIsLeftOpenAsTransformersDoes() throws IOException {
    Path folder = Fixtures.shared("fixtures/chat_templates");
    List<String> differences = new ArrayList<>();
    int checked = 0;
    for (JsonNode one : Fixtures.lines(folder.resolve("cases.jsonl"))) {
      if (!one.path("mode").asText().equals("continue_final_message")) {
        continue;
      }
      checked++;
      String got =
          continued(one, Files.readString(folder.resolve(one.path("template_file").asText())));
      boolean same =
          one.has("error") ? got.startsWith("error ") : got.equals(one.path("expected").asText());
      if (!same) {
        differences.add(
            one.path("name").asText()
                + ": "
                + got
                + " / "
                + one.path("expected")
                + one.path("error"));
      }
    }
    assertThat(checked).isEqualTo(68);
    assertThat(differences).isEmpty();
  }

  private static String continued(JsonNode one, String source) {
    Map<String, Object> context =
        Fixtures.JSON.convertValue(
            one.path("context"), new TypeReference<Map<String, Object>>() {});
    Map<String, String> specialTokens = new HashMap<>();
    for (String name : List.of("bos_token", "eos_token", "pad_token", "unk_token")) {
      specialTokens.put(name, one.path("context").path(name).asText());
    }
    List<Map<String, Object>> messages =
        Fixtures.JSON.convertValue(
            context.get("messages"), new TypeReference<List<Map<String, Object>>>() {});
    try {
      return joined(
          ChatTemplate.of(source, specialTokens, CLOCK)
              .render(messages, new ChatTemplateOptions(null, null, false, true, Map.of())));
    } catch (ServeException e) {
      return "error " + e.getMessage();
    }
  }

  @Test
  @Tag("shared")
  void demoModelRendersAndEncodesAsRecorded() {
    Path model = Fixtures.shared("demo-model/model");
    DjlTokenizer tokenizer = DjlTokenizer.load(model.resolve("tokenizer.json"), 1 << 20);
    ChatTemplate template =
        ChatTemplate.of(
            Fixtures.json(model.resolve("tokenizer_config.json")).path("chat_template").asText(),
            Map.of("eos_token", "<|im_end|>", "pad_token", "<|endoftext|>"),
            CLOCK);
    JsonNode prompts = Fixtures.json(Fixtures.shared("demo-model/golden.json")).path("prompts");
    assertThat(prompts).isNotEmpty();
    for (JsonNode prompt : prompts) {
      List<Object> tools =
          Fixtures.JSON.convertValue(prompt.get("tools"), new TypeReference<List<Object>>() {});
      List<PromptSegment> segments =
          template.render(
              messages(prompt), new ChatTemplateOptions(tools, null, true, false, Map.of()));
      assertThat(joined(segments)).isEqualTo(prompt.path("prompt").asText());
      assertThat(Arrays.stream(tokenizer.encodePrompt(segments)).boxed().toList())
          .isEqualTo(
              Fixtures.JSON.convertValue(
                  prompt.path("input_ids"), new TypeReference<List<Integer>>() {}));
    }
  }

  @Test
  @Tag("shared")
  void smolLm2RendersAsRecorded() {
    JsonNode golden = Fixtures.json(Fixtures.shared("real-model/golden_smollm2.json"));
    ChatTemplate template = ChatTemplate.of(golden.path("chat_template").asText(), Map.of(), CLOCK);
    assertThat(golden.path("chat")).hasSize(8);
    for (JsonNode chat : golden.path("chat")) {
      assertThat(joined(template.render(messages(chat), ChatTemplateOptions.forAnswer())))
          .isEqualTo(chat.path("rendered").asText());
    }
  }

  private static List<Map<String, Object>> messages(JsonNode row) {
    return Fixtures.JSON.convertValue(
        row.path("messages"), new TypeReference<List<Map<String, Object>>>() {});
  }
}
