package io.talchum.api.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.core.Caller;
import io.talchum.core.ChatMessage;
import io.talchum.core.ChatRequest;
import io.talchum.core.ChatRole;
import io.talchum.core.CompletionRequest;
import io.talchum.core.ErrorCode;
import io.talchum.core.PromptInput;
import io.talchum.core.ServeException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestMapperTest {
  private static final String MESSAGES = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";

  @Test
  void mapsEveryHonouredChatField() {
    ChatRequestMapper.Mapped mapped =
        chat(
            """
            {"model":"m","messages":[{"role":"developer","content":"a"},
              {"role":"user","content":[{"type":"text","text":"b"},{"type":"text","text":"c"}],"name":"N"},
              {"role":"tool","content":"d","tool_call_id":"t"}],
             "n":2,"stream":true,"stream_options":{"include_usage":true},
             "max_completion_tokens":7,"min_tokens":1,"temperature":0.5,"top_p":0.9,"top_k":3,
             "min_p":0.1,"presence_penalty":1,"frequency_penalty":-1,"repetition_penalty":1.1,
             "seed":9007199254740993,"stop":"x","stop_token_ids":[4],"ignore_eos":true,
             "logit_bias":{"5":-100},"logprobs":true,"top_logprobs":2,
             "add_generation_prompt":false,"continue_final_message":true,
             "chat_template_kwargs":{"enable_thinking":false}}
            """);
    assertThat(mapped.request().messages())
        .containsExactly(
            new ChatMessage(ChatRole.SYSTEM, "a"),
            new ChatMessage(ChatRole.USER, "bc", "N", null),
            new ChatMessage(ChatRole.TOOL, "d", null, "t"));
    assertThat(mapped.stream()).isEqualTo(new StreamChoice(true, true, false));
    assertThat(mapped.request().choices()).isEqualTo(2);
    assertThat(mapped.request().sampling())
        .hasToString(
            "SamplingRequest[temperature=0.5, topP=0.9, topK=3, minP=0.1, presencePenalty=1.0,"
                + " frequencyPenalty=-1.0, repetitionPenalty=1.1, seed=9007199254740993,"
                + " logitBias={5=-100.0}, stopStrings=[x], stopTokenIds=[4], maxTokens=7,"
                + " minTokens=1, ignoreEos=true, logprobs=true, topLogprobs=2]");
    assertThat(mapped.request().template().addGenerationPrompt()).isFalse();
    assertThat(mapped.request().template().continueFinalMessage()).isTrue();
    assertThat(mapped.request().template().variables()).isEqualTo(Map.of("enable_thinking", false));
  }

  @Test
  void readsToolsAndWhatEarlierAnswersCalled() {
    ChatRequest request =
        chat("""
                {"messages":[{"role":"user","content":"q"},
                  {"role":"assistant","content":null,"reasoning_content":"hm","tool_calls":[
                    {"id":"1","type":"function","index":0,
                     "function":{"name":"f","arguments":"{\\"z\\":1,\\"a\\":[null]}"}},
                    {"type":"function","function":{"name":"g","arguments":""}}]},
                  {"role":"tool","tool_call_id":"1","content":"r"}],
                 "tools":[{"type":"function","function":{"name":"f","strict":null}}],
                 "tool_choice":"auto","documents":[{"title":"t"}],"chat_template":"rag"}
                """)
            .request();
    ChatMessage called = request.messages().get(1);
    assertThat(called.content()).isEmpty();
    assertThat(called.reasoning()).isEqualTo("hm");
    assertThat(called.toolCalls())
        .hasToString(
            "[ToolCall[id=1, name=f, arguments={z=1, a=[null]}],"
                + " ToolCall[id=null, name=g, arguments={}]]");
    assertThat(request.template().tools())
        .hasToString("[{type=function, function={name=f, strict=null}}]");
    assertThat(request.template().documents()).hasToString("[{title=t}]");
    assertThat(request.template().templateName()).isEqualTo("rag");
    String tools = "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]";
    assertThat(
            chat("{" + MESSAGES + "," + tools + ",\"tool_choice\":\"none\"}")
                .request()
                .template()
                .tools())
        .isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"role\":\"user\",\"content\":\"x\",\"tool_calls\":[{\"function\":{\"name\":\"f\"}}]}|messages[0].tool_calls|role assistant",
        "{\"role\":\"user\",\"content\":\"x\",\"reasoning_content\":\"y\"}|messages[0].reasoning_content|role assistant",
        "{\"role\":\"assistant\",\"tool_calls\":[{}]}|messages[0].tool_calls[0].function|is missing",
        "{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":\"[1]\"}}]}|messages[0].tool_calls[0].function.arguments|JSON object",
        "{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":\"{\"}}]}|messages[0].tool_calls[0].function.arguments|not valid JSON",
        "{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":[1]}}]}|messages[0].tool_calls[0].function.arguments|must be an object or the JSON text of one, not a list",
      })
  void refusesToolCallsThatAreNone(String message, String param, String reason) {
    assertRefused("{\"messages\":[" + message + "]}", ErrorCode.INVALID_REQUEST, param, reason);
  }

  @Test
  void boundsTheValuesOfAllToolCallsTogether() {
    String arguments = "{\\\"a\\\":[" + "{},".repeat(30_000) + "1]}";
    String call = "{\"function\":{\"name\":\"f\",\"arguments\":\"" + arguments + "\"}}";
    String message = "{\"role\":\"assistant\",\"tool_calls\":[" + call + "]}";
    assertThat(chat("{\"messages\":[" + message + "," + message + "]}").request().messages())
        .hasSize(2);
    String many = (message + ",").repeat(3) + message;
    assertThatThrownBy(() -> chat("{\"messages\":[" + many + "]}"))
        .isInstanceOfSatisfying(
            ServeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.PAYLOAD_TOO_LARGE))
        .hasMessageContaining("more than 100000 names and values");
  }

  @Test
  void refusesPromptsOfOtherTypesByPlace() {
    assertThatThrownBy(() -> completion("[\"a\",5]"))
        .hasMessageContaining(
            "prompt[1] must be a string or a list of token ids, not the number 5");
    assertThatThrownBy(() -> completion("[1,\"a\"]"))
        .hasMessageContaining("prompt[1] must be a whole number, not the string 'a'");
    assertThatThrownBy(() -> completion("[[1],[2,null]]"))
        .hasMessageContaining("prompt[1][1] must be a whole number, not null");
  }

  @Test
  void readsPromptsInAllFourForms() {
    assertThat(completion("\"a\"").prompts()).containsExactly(new PromptInput.Text("a"));
    assertThat(completion("[1,2]").prompts())
        .containsExactly(new PromptInput.Tokens(List.of(1, 2)));
    assertThat(completion("[\"a\",\"b\"]").prompts())
        .containsExactly(new PromptInput.Text("a"), new PromptInput.Text("b"));
    assertThat(completion("[[1],[2,3]]").prompts())
        .containsExactly(new PromptInput.Tokens(List.of(1)), new PromptInput.Tokens(List.of(2, 3)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"max_token\":3|max_token|did you mean max_tokens?",
        "\"maxTokens\":3|maxTokens|did you mean max_tokens?",
        "\"temprature\":3|temprature|did you mean temperature?",
        "\"zzzzzz\":3|zzzzzz|leave it out",
        "\"tool_choice\":\"required\"|tool_choice|send 'auto' or 'none'",
        "\"response_format\":{\"type\":\"json_object\"}|response_format|not supported",
        "\"service_tier\":\"flex\"|service_tier|not supported",
        "\"store\":true|store|not supported",
        "\"functions\":5|functions|not supported",
        "\"bad_words\":\"x\"|bad_words|not supported",
        "\"stream\":true,\"stream_options\":{\"x\":1}|stream_options.x|not a field",
      })
  void refusesUnknownAndUnsupportedFieldsByName(String field, String param, String reason) {
    assertRefused("{" + MESSAGES + "," + field + "}", ErrorCode.UNSUPPORTED, param, reason);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"user\":\"u\"",
        "\"metadata\":{\"a\":\"b\"}",
        "\"store\":false",
        "\"tools\":null",
        "\"tools\":[]",
        "\"tool_choice\":\"none\"",
        "\"service_tier\":\"auto\"",
        "\"parallel_tool_calls\":true",
        "\"prediction\":{\"type\":\"content\",\"content\":\"x\"}",
        "\"safety_identifier\":\"s\"",
        "\"response_format\":{\"type\":\"text\"}",
        "\"temperature\":null",
        "\"modalities\":[\"text\"]",
        "\"skip_special_tokens\":true"
      })
  void letsThroughWhatCannotChangeTheResult(String field) {
    assertThat(chat("{" + MESSAGES + "," + field + "}").request().choices()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"temperature\":\"hot\"|temperature|must be a number, not the string 'hot'",
        "\"n\":1.5|n|must be a whole number, not the number 1.5",
        "\"n\":2147483648|n|must be a whole number from -2147483648 to 2147483647, not 2147483648",
        "\"n\":true|n|must be a whole number, not true",
        "\"seed\":1e3|seed|must be a whole number, not the number 1000.0",
        "\"seed\":9223372036854775808|seed|from -9223372036854775808 to 9223372036854775807, not 9223372036854775808",
        "\"stop_token_ids\":[1,2147483648]|stop_token_ids|stop_token_ids[1] must be a whole number from",
        "\"stop_token_ids\":[null]|stop_token_ids|stop_token_ids[0] must be a whole number, not null",
        "\"logit_bias\":{\"5\":\"x\"}|logit_bias|logit_bias.5 must be a number, not the string 'x'",
        "\"logit_bias\":{\"5\":1,\"05\":2}|logit_bias|has token 5 twice",
        "\"stream\":\"yes\"|stream|must be true or false",
        "\"stop\":[1]|stop|stop[0] must be a string, not the number 1",
        "\"stop\":{}|stop|must be a string or a list",
        "\"logit_bias\":{\"a\":1}|logit_bias|not a token id",
        "\"logit_bias\":[1]|logit_bias|must be an object",
        "\"logprobs\":1|logprobs|must be true or false",
        "\"stream_options\":{\"include_usage\":true}|stream_options|needs stream: true",
        "\"max_tokens\":1,\"max_completion_tokens\":2|max_tokens|contradict",
        "\"continue_final_message\":true,\"add_generation_prompt\":true|continue_final_message|exclude",
        "\"chat_template_kwargs\":{\"a\":null}|chat_template_kwargs.a|is null",
        "\"chat_template_kwargs\":{\"a\":{\"b\":[NaN]}}|chat_template_kwargs.a.b|chat_template_kwargs.a.b is NaN; send a finite number",
        "\"chat_template_kwargs\":{\"a\":-Infinity}|chat_template_kwargs.a|is -Infinity; send a finite number",
        "\"chat_template_kwargs\":{\"a\":1e999}|chat_template_kwargs.a|is Infinity; send a finite number",
        "\"parallel_tool_calls\":\"yes\"|parallel_tool_calls|is the string 'yes', which is not its type",
        "\"prediction\":[]|prediction|is a list, which is not its type",
        "\"safety_identifier\":5|safety_identifier|is the number 5, which is not its type",
        "\"stream\":true,\"stream_options\":{\"include_obfuscation\":1}|stream_options.include_obfuscation|not its type",
        "\"documents\":[{\"a\":NaN}]|documents[0].a|is NaN; send a finite number",
        "\"documents\":[{\"a\":\"\\ud800\"}]|documents[0].a|surrogate",
      })
  void refusesWrongTypesByName(String field, String param, String reason) {
    assertRefused("{" + MESSAGES + "," + field + "}", ErrorCode.INVALID_REQUEST, param, reason);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}|INVALID_REQUEST|messages|is missing",
        "{\"messages\":\"hi\"}|INVALID_REQUEST|messages|must be a list",
        "{\"messages\":[\"hi\"]}|INVALID_REQUEST|messages[0]|must be an object",
        "{\"messages\":[{\"content\":\"x\"}]}|INVALID_REQUEST|messages[0].role|is missing",
        "{\"messages\":[{\"role\":\"user\"}]}|INVALID_REQUEST|messages[0].content|is missing",
        "{\"messages\":[{\"role\":\"bot\",\"content\":\"x\"}]}|INVALID_REQUEST|messages[0].role|is not one of system",
        "{\"messages\":[{\"role\":\"user\",\"content\":5}]}|INVALID_REQUEST|messages[0].content|must be a string or a list of text parts, not the number 5",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"\\ud800\"}]}|INVALID_REQUEST|messages[0].content|surrogate",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"x\",\"foo\":1}]}|UNSUPPORTED|messages[0].foo|not a field",
        "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{}}]}]}|UNSUPPORTED|messages[0].content[0].type|parts of type text only",
      })
  void refusesBadMessagesByName(String body, ErrorCode code, String param, String reason) {
    assertRefused(body, code, param, reason);
  }

  private static void assertRefused(String body, ErrorCode code, String param, String reason) {
    assertThatThrownBy(() -> chat(body))
        .isInstanceOfSatisfying(
            ServeException.class,
            e -> {
              assertThat(e.code()).isEqualTo(code);
              assertThat(e.param()).contains(param);
            })
        .hasMessageContaining(reason);
  }

  private static ChatRequestMapper.Mapped chat(String body) {
    return new JsonBodies()
        .read(
            body.getBytes(StandardCharsets.UTF_8),
            json -> ChatRequestMapper.map(json, Caller.ANONYMOUS));
  }

  private static CompletionRequest completion(String prompt) {
    String body = "{\"prompt\":" + prompt + "}";
    return new JsonBodies()
        .read(
            body.getBytes(StandardCharsets.UTF_8),
            json -> CompletionRequestMapper.map(json, Caller.ANONYMOUS).request());
  }
}
