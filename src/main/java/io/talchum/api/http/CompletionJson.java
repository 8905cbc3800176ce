package io.talchum.api.http;

import com.fasterxml.jackson.core.JsonGenerator;
import io.talchum.service.Choice;
import io.talchum.service.Generation;
import io.talchum.service.GenerationEvent;
import io.talchum.service.TokenDetail;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code text_completion}, whole and in pieces. */
final class CompletionJson extends AnswerJson {
  private final boolean logprobs;

  /** Characters of the tokens shown so far, by choice. */
  private final int[] textOffsets;

  CompletionJson(Generation generation, boolean logprobs) {
    super(generation);
    this.logprobs = logprobs;
    this.textOffsets = new int[generation.choices()];
  }

  @Override
  String wholeObject() {
    return "text_completion";
  }

  @Override
  String chunkObject() {
    return "text_completion";
  }

  @Override
  void choice(JsonGenerator json, Choice choice) throws IOException {
    json.writeStartObject();
    start(json, choice.index(), choice.text(), choice.tokens());
    finish(json, choice.finishReason(), choice.stopString());
    json.writeEndObject();
  }

  @Override
  List<Json.Content> opening() {
    return List.of();
  }

  @Override
  void delta(JsonGenerator json, GenerationEvent event) throws IOException {
    json.writeStartObject();
    switch (event) {
      case GenerationEvent.Echo echo -> {
        start(json, echo.index(), echo.text(), echo.tokens());
        unfinished(json);
      }
      case GenerationEvent.Reasoning thought -> {
        start(json, thought.index(), thought.text(), thought.tokens());
        unfinished(json);
      }
      case GenerationEvent.Delta delta -> {
        start(json, delta.index(), delta.text(), delta.tokens());
        unfinished(json);
      }
      case GenerationEvent.Finish finish -> {
        start(json, finish.index(), "", List.of());
        finish(json, finish.reason(), finish.stopString());
      }
    }
    json.writeEndObject();
  }

  private void start(JsonGenerator json, int index, String text, List<TokenDetail> tokens)
      throws IOException {
    json.writeNumberField("index", index);
    json.writeStringField("text", text);
    if (!logprobs || tokens.isEmpty()) {
      json.writeNullField("logprobs");
      return;
    }
    json.writeObjectFieldStart("logprobs");
    strings(json, tokens);
    json.writeArrayFieldStart("token_logprobs");
    for (TokenDetail token : tokens) {
      number(json, token.logprob());
    }
    json.writeEndArray();
    json.writeArrayFieldStart("top_logprobs");
    for (TokenDetail token : tokens) {
      top(json, token);
    }
    json.writeEndArray();
    offsets(json, index, tokens);
    json.writeEndObject();
  }

  private static void strings(JsonGenerator json, List<TokenDetail> tokens) throws IOException {
    json.writeArrayFieldStart("tokens");
    for (TokenDetail token : tokens) {
      json.writeString(TokenText.of(token.bytes()));
    }
    json.writeEndArray();
  }

  private void offsets(JsonGenerator json, int index, List<TokenDetail> tokens) throws IOException {
    json.writeArrayFieldStart("text_offset");
    for (TokenDetail token : tokens) {
      json.writeNumber(textOffsets[index]);
      textOffsets[index] += TokenText.of(token.bytes()).length();
    }
    json.writeEndArray();
  }

  /** The alternatives and the token itself, with the very same number (lm-eval compares them). */
  private static void top(JsonGenerator json, TokenDetail token) throws IOException {
    Float logprob = token.logprob();
    if (logprob == null) {
      json.writeNull();
      return;
    }
    Map<String, Float> candidates = new LinkedHashMap<>();
    for (TokenDetail.Candidate candidate : token.top()) {
      candidates.putIfAbsent(TokenText.of(candidate.bytes()), candidate.logprob());
    }
    candidates.putIfAbsent(TokenText.of(token.bytes()), logprob);
    json.writeStartObject();
    for (Map.Entry<String, Float> candidate : candidates.entrySet()) {
      json.writeNumberField(candidate.getKey(), TokenText.finite(candidate.getValue()));
    }
    json.writeEndObject();
  }

  private static void number(JsonGenerator json, @org.jspecify.annotations.Nullable Float logprob)
      throws IOException {
    if (logprob == null) {
      json.writeNull();
    } else {
      json.writeNumber(TokenText.finite(logprob));
    }
  }
}
