package io.talchum.api;

import static io.talchum.api.Requests.chat;
import static io.talchum.api.Requests.thinking;
import static io.talchum.api.Requests.tokens;
import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.core.Caller;
import io.talchum.core.ChatMessage;
import io.talchum.core.ChatRequest;
import io.talchum.core.ChatRole;
import io.talchum.core.ErrorCode;
import io.talchum.core.SamplingRequest;
import io.talchum.core.TemplateOptions;
import io.talchum.core.ToolCall;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The contract over the stand-in, and what its chat template can show. */
public abstract class LetterServingContract extends ServingContract {
  private static final String BASE = LetterModel.NAME;

  protected LetterServingContract() {
    super(Served.LETTERS);
  }

  @Test
  void partsTheThoughtFromTheAnswer() {
    Transport.Choice plain = server().chat(chat(BASE, "hi", tokens(24))).choices().getFirst();
    String close = plain.text().substring(9, 10);
    int at = plain.text().indexOf(close);
    Transport.Answer answer = server().chat(thinking(close, tokens(24), 1));
    assertThat(answer.choices().getFirst().reasoning()).isEqualTo(plain.text().substring(0, at));
    assertThat(answer.choices().getFirst().text()).isEqualTo(plain.text().substring(at + 1));
    assertThat(answer.completionTokens()).isEqualTo(24);
    assertThat(answer.reasoningTokens()).isEqualTo(at + 1);
    assertThat(server().chatStream(thinking(close, tokens(24), 1))).isEqualTo(answer);
    assertThat(server().chat(chat(BASE, "hi", tokens(24))).reasoningTokens()).isEqualTo(-1);
  }

  @Test
  void partsThoughtsOfSeveralChoices() {
    SamplingRequest.Builder sampling = tokens(30).temperature(1f).seed(11L);
    Transport.Answer answer = server().chat(thinking("e", sampling, 3));
    assertThat(answer.choices()).allMatch(choice -> !choice.reasoning().contains("e"));
    assertThat(answer.choices().stream().map(Transport.Choice::reasoning).distinct()).hasSize(3);
    assertThat(server().chatStream(thinking("e", sampling, 3))).isEqualTo(answer);
  }

  @Test
  void aStopStringEndsAThoughtToo() {
    String whole = server().chat(chat(BASE, "hi", tokens(24))).choices().getFirst().text();
    String stop = whole.substring(5, 7);
    Transport.Choice choice =
        server().chat(thinking("0", tokens(24).stopStrings(List.of(stop)), 1)).choices().getFirst();
    assertThat(choice.reasoning()).isEqualTo(whole.substring(0, whole.indexOf(stop)));
    assertThat(choice.text()).isEmpty();
    assertThat(choice.finishReason()).isEqualTo("stop");
  }

  @Test
  void toolsCallsDocumentsAndVariablesReachTheTemplate() {
    Map<String, Object> function = new LinkedHashMap<>();
    function.put("name", "f");
    function.put("a", Arrays.asList(1, 2.5, null, true));
    Map<String, Object> tool = new LinkedHashMap<>();
    tool.put("type", "function");
    tool.put("function", function);
    Map<String, Object> arguments = new LinkedHashMap<>();
    arguments.put("z", "é");
    arguments.put("b", List.of());
    ChatMessage called =
        new ChatMessage(
            ChatRole.ASSISTANT,
            "ok",
            null,
            null,
            List.of(new ToolCall("c1", "f", arguments)),
            "hm");
    List<ChatMessage> messages =
        List.of(
            new ChatMessage(ChatRole.USER, "q", "Ann", null),
            called,
            new ChatMessage(ChatRole.TOOL, "r", null, "c1"));
    String chat =
        "user:Ann/q\nassistant:(hm)okc1=f{\"z\": \"é\", \"b\": []}\ntool:c1/r\nNassistant:";
    TemplateOptions tools =
        new TemplateOptions(true, false, Map.of("note", "N"), List.of(tool), List.of(), null);
    assertRendered(
        messages,
        tools,
        "[{\"type\": \"function\", \"function\": {\"name\": \"f\", \"a\": [1, 2.5, null, true]}}]"
            + chat);
    TemplateOptions documents =
        new TemplateOptions(
            true, false, Map.of("note", "N"), List.of(), List.of(Map.of("title", "T")), "rag");
    assertRendered(messages, documents, "[{\"title\": \"T\"}]" + chat);
    TemplateOptions continued = new TemplateOptions(false, true, Map.of());
    assertRendered(messages.subList(0, 2), continued, "user:Ann/q\nassistant:(hm)ok");
  }

  private void assertRendered(
      List<ChatMessage> messages, TemplateOptions template, String expected) {
    ChatRequest request =
        new ChatRequest(BASE, messages, template, tokens(1).build(), 1, Caller.ANONYMOUS);
    assertThat(server().rendered(request)).isEqualTo(expected);
    assertThat(server().chat(request).promptTokens())
        .isEqualTo(expected.getBytes(StandardCharsets.UTF_8).length);
  }

  @Test
  void refusesWhatTheTemplateCannotUse() {
    List<Map<String, ?>> some =
        List.of(Map.of("type", "function", "function", Map.of("name", "f")));
    assertTemplateRefused(
        new TemplateOptions(true, false, Map.of(), some, List.of(), "default"),
        ErrorCode.UNSUPPORTED,
        "does not read tools");
    assertTemplateRefused(
        new TemplateOptions(true, false, Map.of(), List.of(), some, null),
        ErrorCode.UNSUPPORTED,
        "does not read documents");
    assertTemplateRefused(
        new TemplateOptions(true, false, Map.of(), List.of(), List.of(), "none"),
        ErrorCode.INVALID_REQUEST,
        "no chat template of that name; choose one of [default, endless, rag, tool_use]");
    assertTemplateRefused(
        new TemplateOptions(true, false, Map.of("colour", "red")),
        ErrorCode.INVALID_REQUEST,
        "'colour', which this model's chat template does not read");
    assertTemplateRefused(
        new TemplateOptions(true, false, Map.of(), List.of(Map.of("name", "f")), List.of(), null),
        ErrorCode.INVALID_REQUEST,
        "tools[0].type must be 'function'");
    assertTemplateRefused(
        new TemplateOptions(true, false, Map.of(), List.of(), List.of(), "endless"),
        ErrorCode.INVALID_REQUEST,
        "the template does more than 4000000 steps; shorten its loops (template line 2)");
  }

  private void assertTemplateRefused(TemplateOptions template, ErrorCode code, String message) {
    ChatRequest request =
        new ChatRequest(
            BASE,
            List.of(new ChatMessage(ChatRole.USER, "hi")),
            template,
            tokens(1).build(),
            1,
            Caller.ANONYMOUS);
    assertRefused(() -> server().chat(request), code, message);
  }

  @Test
  void showsTheModelsDefaults() {
    assertThat(server().models()).allMatch(model -> model.temperature() == 0f);
  }
}
