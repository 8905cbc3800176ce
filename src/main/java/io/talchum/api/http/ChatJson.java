package io.talchum.api.http;

import com.fasterxml.jackson.core.JsonGenerator;
import io.talchum.service.Choice;
import io.talchum.service.Generation;
import io.talchum.service.GenerationEvent;
import io.talchum.service.TokenDetail;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;

/** {@code chat.completion} and {@code chat.completion.chunk}. */
final class ChatJson extends AnswerJson {
  private final int choices;
  private final boolean logprobs;

  ChatJson(Generation generation, boolean logprobs) {
    super(generation);
    this.choices = generation.choices();
    this.logprobs = logprobs;
  }

  @Override
  String wholeObject() {
    return "chat.completion";
  }

  @Override
  String chunkObject() {
    return "chat.completion.chunk";
  }

  @Override
  void choice(JsonGenerator json, Choice choice) throws IOException {
    json.writeStartObject();
    json.writeNumberField("index", choice.index());
    json.writeObjectFieldStart("message");
    json.writeStringField("role", "assistant");
    json.writeStringField("content", choice.text());
    if (choice.reasoning().isPresent()) {
      json.writeStringField("reasoning_content", choice.reasoning().get());
    }
    json.writeNullField("refusal");
    json.writeEndObject();
    logprobs(json, choice.tokens());
    finish(json, choice.finishReason(), choice.stopString());
    json.writeEndObject();
  }

  @Override
  List<Json.Content> opening() {
    return IntStream.range(0, choices).mapToObj(ChatJson::role).toList();
  }

  @Override
  void delta(JsonGenerator json, GenerationEvent event) throws IOException {
    json.writeStartObject();
    json.writeNumberField("index", event.index());
    json.writeObjectFieldStart("delta");
    switch (event) {
      case GenerationEvent.Echo echo -> end(json, "content", echo.text(), echo.tokens());
      case GenerationEvent.Reasoning thought ->
          end(json, "reasoning_content", thought.text(), thought.tokens());
      case GenerationEvent.Delta delta -> end(json, "content", delta.text(), delta.tokens());
      case GenerationEvent.Finish finish -> {
        json.writeEndObject();
        json.writeNullField("logprobs");
        finish(json, finish.reason(), finish.stopString());
      }
    }
    json.writeEndObject();
  }

  private void end(JsonGenerator json, String field, String text, List<TokenDetail> tokens)
      throws IOException {
    json.writeStringField(field, text);
    json.writeEndObject();
    logprobs(json, tokens);
    unfinished(json);
  }

  private static Json.Content role(int index) {
    return json -> {
      json.writeStartObject();
      json.writeNumberField("index", index);
      json.writeObjectFieldStart("delta");
      json.writeStringField("role", "assistant");
      json.writeStringField("content", "");
      json.writeEndObject();
      json.writeNullField("logprobs");
      unfinished(json);
      json.writeEndObject();
    };
  }

  private void logprobs(JsonGenerator json, List<TokenDetail> tokens) throws IOException {
    if (!logprobs) {
      json.writeNullField("logprobs");
      return;
    }
    json.writeObjectFieldStart("logprobs");
    json.writeArrayFieldStart("content");
    for (TokenDetail token : tokens) {
      json.writeStartObject();
      Float logprob = token.logprob();
      token(json, token.bytes(), logprob == null ? 0f : logprob);
      json.writeArrayFieldStart("top_logprobs");
      for (TokenDetail.Candidate candidate : token.top()) {
        json.writeStartObject();
        token(json, candidate.bytes(), candidate.logprob());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeNullField("refusal");
    json.writeEndObject();
  }

  private static void token(JsonGenerator json, byte[] bytes, float logprob) throws IOException {
    json.writeStringField("token", new String(bytes, StandardCharsets.UTF_8));
    json.writeNumberField("logprob", TokenText.finite(logprob));
    json.writeArrayFieldStart("bytes");
    for (byte b : bytes) {
      json.writeNumber(b & 0xff);
    }
    json.writeEndArray();
  }
}
