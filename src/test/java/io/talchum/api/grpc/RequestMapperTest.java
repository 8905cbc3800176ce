package io.talchum.api.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ListValue;
import com.google.protobuf.NullValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.talchum.core.Caller;
import io.talchum.core.ChatRole;
import io.talchum.core.CompletionRequest;
import io.talchum.core.Principal;
import io.talchum.core.PromptInput;
import io.talchum.core.SamplingRequest;
import io.talchum.core.ServeException;
import io.talchum.core.TemplateOptions;
import io.talchum.v1.ChatMessage;
import io.talchum.v1.ChatRequest;
import io.talchum.v1.Prompt;
import io.talchum.v1.Role;
import io.talchum.v1.Sampling;
import io.talchum.v1.TokenIds;
import io.talchum.v1.TokenizeRequest;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class RequestMapperTest {
  private static final Sampling FULL =
      Sampling.newBuilder()
          .setTemperature(0.5f)
          .setTopP(0.9f)
          .setTopK(3)
          .setMinP(0.1f)
          .setPresencePenalty(1f)
          .setFrequencyPenalty(-1f)
          .setRepetitionPenalty(1.1f)
          .setSeed(9007199254740993L)
          .putLogitBias(5, -100f)
          .addStop("x")
          .addStopTokenIds(4)
          .setMaxTokens(7)
          .setMinTokens(1)
          .setIgnoreEos(true)
          .setLogprobs(true)
          .setTopLogprobs(2)
          .build();

  @Test
  void mapsEverySamplingField() {
    assertThat(FULL.getAllFields()).hasSameSizeAs(Sampling.getDescriptor().getFields());
    assertThat(SamplingMapper.map(FULL))
        .hasToString(
            "SamplingRequest[temperature=0.5, topP=0.9, topK=3, minP=0.1, presencePenalty=1.0,"
                + " frequencyPenalty=-1.0, repetitionPenalty=1.1, seed=9007199254740993,"
                + " logitBias={5=-100.0}, stopStrings=[x], stopTokenIds=[4], maxTokens=7,"
                + " minTokens=1, ignoreEos=true, logprobs=true, topLogprobs=2]");
  }

  @Test
  void unsetDiffersFromZero() {
    assertThat(SamplingMapper.map(Sampling.getDefaultInstance()))
        .isEqualTo(SamplingRequest.builder().build());
    SamplingRequest zero =
        SamplingMapper.map(
            Sampling.newBuilder().setTemperature(0f).setSeed(0).setMaxTokens(0).build());
    assertThat(zero)
        .isEqualTo(SamplingRequest.builder().temperature(0f).seed(0L).maxTokens(0).build());
  }

  @Test
  void mapsChats() {
    Caller caller = new Caller(new Principal("tenant", Set.of()), null);
    io.talchum.core.ChatRequest mapped =
        ChatRequestMapper.map(
            ChatRequest.newBuilder()
                .setModel("m")
                .addMessages(message(Role.ROLE_SYSTEM, "a"))
                .addMessages(message(Role.ROLE_USER, "b").setName("N"))
                .addMessages(message(Role.ROLE_ASSISTANT, ""))
                .addMessages(message(Role.ROLE_TOOL, "d").setToolCallId("t"))
                .setSampling(FULL)
                .setN(2)
                .build(),
            caller);
    assertThat(mapped.model()).isEqualTo("m");
    assertThat(mapped.messages())
        .containsExactly(
            new io.talchum.core.ChatMessage(ChatRole.SYSTEM, "a"),
            new io.talchum.core.ChatMessage(ChatRole.USER, "b", "N", null),
            new io.talchum.core.ChatMessage(ChatRole.ASSISTANT, ""),
            new io.talchum.core.ChatMessage(ChatRole.TOOL, "d", null, "t"));
    assertThat(mapped.sampling()).isEqualTo(SamplingMapper.map(FULL));
    assertThat(mapped.choices()).isEqualTo(2);
    assertThat(mapped.template()).isEqualTo(TemplateOptions.DEFAULT);
    assertThat(mapped.caller()).isEqualTo(caller);
  }

  @Test
  void fillsInWhatIsNotSet() {
    io.talchum.core.ChatRequest mapped =
        ChatRequestMapper.map(ChatRequest.getDefaultInstance(), Caller.ANONYMOUS);
    assertThat(mapped.model()).isNull();
    assertThat(mapped.choices()).isEqualTo(1);
    assertThat(ChatRequestMapper.map(ChatRequest.newBuilder().setN(0).build(), Caller.ANONYMOUS))
        .extracting(io.talchum.core.ChatRequest::choices)
        .isEqualTo(0);
  }

  @Test
  void refusesIncompleteMessagesByName() {
    assertRefused(() -> messages(ChatMessage.newBuilder().setContent("x")), "messages[1].role");
    assertRefused(
        () -> messages(ChatMessage.newBuilder().setRole(Role.ROLE_USER)), "messages[1].content");
    assertRefused(
        () -> messages(ChatMessage.newBuilder().setRoleValue(9).setContent("x")),
        "messages[1].role 9 is not one of");
  }

  @Test
  void mapsTemplateOptions() {
    Struct variables =
        Struct.newBuilder()
            .putFields("flag", Value.newBuilder().setBoolValue(false).build())
            .putFields("whole", Value.newBuilder().setNumberValue(5).build())
            .putFields("part", Value.newBuilder().setNumberValue(0.5).build())
            .putFields(
                "list",
                Value.newBuilder()
                    .setListValue(
                        ListValue.newBuilder().addValues(Value.newBuilder().setStringValue("s")))
                    .build())
            .build();
    TemplateOptions mapped =
        MessageMapper.template(
            io.talchum.v1.TemplateOptions.newBuilder()
                .setContinueFinalMessage(true)
                .setChatTemplateKwargs(variables)
                .build());
    assertThat(mapped)
        .isEqualTo(
            new TemplateOptions(
                false,
                true,
                Map.of("flag", false, "whole", 5L, "part", 0.5, "list", List.of("s"))));
  }

  @Test
  void refusesTemplateOptionsThatMeanNothing() {
    assertRefused(
        () ->
            MessageMapper.template(
                io.talchum.v1.TemplateOptions.newBuilder()
                    .setContinueFinalMessage(true)
                    .setAddGenerationPrompt(true)
                    .build()),
        "continue_final_message and add_generation_prompt exclude each other");
    assertRefused(
        () -> variable(Value.newBuilder().setNullValue(NullValue.NULL_VALUE)),
        "chat_template_kwargs.x is null");
    assertRefused(() -> variable(Value.newBuilder()), "chat_template_kwargs.x is null");
    assertRefused(
        () -> variable(Value.newBuilder().setNumberValue(Double.NaN)),
        "chat_template_kwargs.x is NaN");
    Struct inner =
        Struct.newBuilder()
            .putFields("y", Value.newBuilder().setNumberValue(Double.POSITIVE_INFINITY).build())
            .build();
    assertRefused(
        () -> variable(Value.newBuilder().setStructValue(inner)),
        "chat_template_kwargs.x.y is Infinity; send a finite number");
  }

  @Test
  void boundsTheValuesOfAllToolsTogether() {
    String tool = "{\"a\":[" + "{},".repeat(60_000) + "1]}";
    io.talchum.v1.TemplateOptions.Builder options =
        io.talchum.v1.TemplateOptions.newBuilder().addTools(tool);
    assertThat(MessageMapper.template(options.build()).tools()).hasSize(1);
    options.addDocuments(tool);
    assertRefused(
        () -> MessageMapper.template(options.build()), "more than 100000 names and values");
  }

  @Test
  void mapsCompletions() {
    CompletionRequest mapped =
        CompletionRequestMapper.map(
            io.talchum.v1.CompletionRequest.newBuilder()
                .setModel("m")
                .addPrompt(Prompt.newBuilder().setText(""))
                .addPrompt(
                    Prompt.newBuilder().setTokenIds(TokenIds.newBuilder().addIds(1).addIds(2)))
                .setSampling(FULL)
                .setN(3)
                .setEcho(true)
                .build(),
            Caller.ANONYMOUS);
    assertThat(mapped)
        .isEqualTo(
            new CompletionRequest(
                "m",
                List.of(new PromptInput.Text(""), new PromptInput.Tokens(List.of(1, 2))),
                SamplingMapper.map(FULL),
                3,
                true,
                Caller.ANONYMOUS));
  }

  @Test
  void refusesPromptsThatAreMissing() {
    io.talchum.v1.CompletionRequest.Builder request = io.talchum.v1.CompletionRequest.newBuilder();
    assertRefused(
        () -> CompletionRequestMapper.map(request.build(), Caller.ANONYMOUS),
        "prompt is missing; send it");
    request.addPrompt(Prompt.getDefaultInstance());
    assertRefused(
        () -> CompletionRequestMapper.map(request.build(), Caller.ANONYMOUS),
        "prompt[0] is missing; send it");
  }

  @Test
  void refusesTokenizeFieldsOfTheOtherKind() {
    TokenizeRequest.Builder both =
        TokenizeRequest.newBuilder().setPrompt("x").addMessages(message(Role.ROLE_USER, "x"));
    assertRefused(
        () -> TokenMapper.check(both.build()), "prompt and messages exclude each other; send one");
    assertRefused(
        () -> TokenMapper.check(TokenizeRequest.getDefaultInstance()),
        "prompt and messages are missing; send one");
    assertRefused(
        () -> TokenMapper.check(both.clone().clearPrompt().setAddSpecialTokens(true).build()),
        "add_special_tokens needs a prompt");
    assertRefused(
        () ->
            TokenMapper.check(
                both.clone()
                    .clearMessages()
                    .setTemplate(io.talchum.v1.TemplateOptions.getDefaultInstance())
                    .build()),
        "template needs messages");
  }

  private static ChatMessage.Builder message(Role role, String content) {
    return ChatMessage.newBuilder().setRole(role).setContent(content);
  }

  private static List<io.talchum.core.ChatMessage> messages(ChatMessage.Builder second) {
    return MessageMapper.messages(List.of(message(Role.ROLE_USER, "x").build(), second.build()));
  }

  private static Map<String, Object> variable(Value.Builder value) {
    return TemplateVariables.of(Struct.newBuilder().putFields("x", value.build()).build());
  }

  private static void assertRefused(ThrowingCallable call, String reason) {
    assertThatThrownBy(call).isInstanceOf(ServeException.class).hasMessageContaining(reason);
  }
}
