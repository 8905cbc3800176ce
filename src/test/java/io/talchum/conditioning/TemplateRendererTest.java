package io.talchum.conditioning;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.talchum.core.ChatMessage;
import io.talchum.core.ChatRole;
import io.talchum.core.ServeException;
import io.talchum.core.TemplateOptions;
import io.talchum.core.ToolCall;
import io.talchum.text.ChatTemplate;
import io.talchum.text.DjlTokenizer;
import io.talchum.text.Fixtures;
import io.talchum.text.TemplateSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class TemplateRendererTest {
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2025-07-10T12:34:56Z"));

  /** Shows all that a request can bring, with control tokens of its own between. */
  private static final String SHOWS_ALL =
      """
      {{- bos_token }}{{ tools }}{{ tools | tojson }}{{ documents | tojson }}
      {%- for m in messages %}
      {{- eos_token ~ m.role ~ m.name ~ m.content ~ m.reasoning_content ~ m.tool_call_id }}
      {{- m.content | trim | upper }}{{ m.content.split('§') | join(eos_token) }}
      {{- m.content | replace('§', eos_token) }}{{ (m.tool_calls or []) | tojson }}{{ note }}
      {%- endfor %}{{ '<think>\\n' }}""";

  @Test
  void controlTokensOfARequestStayText() {
    for (String model : List.of("llama", "llama_tied", "llama31", "llama_linear")) {
      checkModel(Fixtures.own("models/" + model));
    }
  }

  @Test
  @Tag("shared")
  void controlTokensOfARequestStayTextInAllFamilies() throws IOException {
    try (var models = Files.list(Fixtures.shared("fixtures/models"))) {
      List<Path> all = models.toList();
      assertThat(all).hasSizeGreaterThan(14);
      all.forEach(TemplateRendererTest::checkModel);
    }
  }

  /** The same chat without control tokens must have the very same ones in its prompt. */
  private static void checkModel(Path model) {
    DjlTokenizer tokenizer = DjlTokenizer.load(model.resolve("tokenizer.json"), 1 << 20);
    Map<String, String> special =
        SpecialTokenTexts.parse(text(model.resolve("tokenizer_config.json")));
    List<String> sources = new ArrayList<>(sources(model));
    assertThat(sources).as(model.toString()).isNotEmpty();
    sources.add(SHOWS_ALL);
    for (String source : sources) {
      TemplateRenderer renderer =
          new TemplateRenderer(
              TemplateSet.of(ChatTemplate.of(source, special, CLOCK)), tokenizer, 100_000);
      boolean all = source.equals(SHOWS_ALL);
      for (int id : tokenizer.specialTokenIds()) {
        String token = tokenizer.token(id);
        List<Integer> harmless = control(renderer, tokenizer, "harm", all);
        assertThat(control(renderer, tokenizer, token, all))
            .as(model + " " + token)
            .isEqualTo(harmless);
        assertThat(control(renderer, tokenizer, "a" + token + "\n" + token, all))
            .as(model + " " + token)
            .isEqualTo(harmless);
      }
    }
  }

  private static List<Integer> control(
      TemplateRenderer renderer, DjlTokenizer tokenizer, String text, boolean all) {
    int[] ids = renderer.render(messages(text, all), options(text, all)).tokenIds();
    return Arrays.stream(ids).filter(tokenizer::isSpecial).boxed().toList();
  }

  private static List<ChatMessage> messages(String text, boolean all) {
    if (!all) {
      return List.of(
          new ChatMessage(ChatRole.USER, text),
          new ChatMessage(ChatRole.ASSISTANT, "b" + text),
          new ChatMessage(ChatRole.USER, text + "c"));
    }
    return List.of(
        new ChatMessage(ChatRole.SYSTEM, text),
        new ChatMessage(ChatRole.USER, text, text, null),
        new ChatMessage(
            ChatRole.ASSISTANT,
            text,
            null,
            null,
            List.of(new ToolCall(text, text, Map.of(text, List.of(text)))),
            text),
        new ChatMessage(ChatRole.TOOL, text, null, text));
  }

  private static TemplateOptions options(String text, boolean all) {
    if (!all) {
      return TemplateOptions.DEFAULT;
    }
    Map<String, Object> function = new LinkedHashMap<>();
    function.put("name", text);
    function.put(text, text);
    return new TemplateOptions(
        true,
        false,
        Map.of("note", text),
        List.of(Map.of("type", "function", "function", function)),
        List.of(Map.of(text, text)),
        null);
  }

  @Test
  void theTemplatesOpenThoughtIsSeenWhateverTheMessagesSay() {
    TemplateRenderer renderer = renderer("{{ messages[-1].content }}{{ '<think>\\n' }}");
    RenderedChat chat =
        renderer.render(List.of(new ChatMessage(ChatRole.USER, "x")), TemplateOptions.DEFAULT);
    assertThat(chat.reasoning()).isNull(); // it never closes one
    RenderedChat opened =
        rendered("{# </think> #}{{ messages[-1].content }}<think>\n", "x</think>");
    assertThat(isOpened(opened)).isTrue();
    RenderedChat users = rendered("{# </think> #}{{ messages[-1].content }}", "x<think>");
    assertThat(users.reasoning()).isNotNull();
    assertThat(isOpened(users)).isFalse();
  }

  @Test
  void aContinuedThoughtIsOpen() {
    TemplateRenderer renderer = renderer("{# </think> #}{{ messages[-1].content }}!");
    TemplateOptions continued = new TemplateOptions(false, true, Map.of());
    RenderedChat open =
        renderer.render(List.of(new ChatMessage(ChatRole.ASSISTANT, "<think>so")), continued);
    assertThat(isOpened(open)).isTrue();
    RenderedChat closed =
        renderer.render(
            List.of(new ChatMessage(ChatRole.ASSISTANT, "<think>so</think>a")), continued);
    assertThat(closed.reasoning()).isNotNull();
    assertThat(isOpened(closed)).isFalse();
  }

  @Test
  void aPromptThatCannotFitIsRefusedBeforeItIsTokenized() {
    TemplateRenderer renderer =
        new TemplateRenderer(
            TemplateSet.of(ChatTemplate.of("{{ 'x' * 99999 }}", Map.of(), CLOCK)), tokenizer(), 10);
    assertThat(
            org.assertj.core.api.Assertions.catchThrowableOfType(
                ServeException.class,
                () ->
                    renderer.render(
                        List.of(new ChatMessage(ChatRole.USER, "")), TemplateOptions.DEFAULT)))
        .hasMessageContaining("99999 characters cannot fit");
  }

  private static boolean isOpened(RenderedChat chat) {
    RenderedChat.Reasoning reasoning = chat.reasoning();
    return reasoning != null && reasoning.opened();
  }

  private static RenderedChat rendered(String template, String content) {
    return renderer(template)
        .render(List.of(new ChatMessage(ChatRole.USER, content)), TemplateOptions.DEFAULT);
  }

  private static TemplateRenderer renderer(String template) {
    return new TemplateRenderer(
        TemplateSet.of(ChatTemplate.of(template, Map.of(), CLOCK)), tokenizer(), 1000);
  }

  private static DjlTokenizer tokenizer() {
    return DjlTokenizer.load(Fixtures.own("models/llama/tokenizer.json"), 1 << 20);
  }

  private static List<String> sources(Path model) {
    if (Files.exists(model.resolve("chat_template.jinja"))) {
      return List.of(text(model.resolve("chat_template.jinja")));
    }
    JsonNode value = Fixtures.json(model.resolve("tokenizer_config.json")).path("chat_template");
    if (value.isTextual()) {
      return List.of(value.textValue());
    }
    List<String> sources = new ArrayList<>();
    value.forEach(named -> sources.add(named.path("template").asText()));
    return sources;
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
