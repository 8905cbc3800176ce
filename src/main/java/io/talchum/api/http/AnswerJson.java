package io.talchum.api.http;

import com.fasterxml.jackson.core.JsonGenerator;
import io.talchum.core.ContentHash;
import io.talchum.core.FinishReason;
import io.talchum.core.ModelVersions;
import io.talchum.service.Choice;
import io.talchum.service.Generation;
import io.talchum.service.GenerationEvent;
import io.talchum.service.Usage;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** What the JSON of chat and completion have in common. */
abstract sealed class AnswerJson permits ChatJson, CompletionJson {
  private final Generation generation;

  AnswerJson(Generation generation) {
    this.generation = generation;
  }

  /** The {@code object} of a whole answer. */
  abstract String wholeObject();

  /** The {@code object} of a streamed piece. */
  abstract String chunkObject();

  /** One element of {@code choices}, whole. */
  abstract void choice(JsonGenerator json, Choice choice) throws IOException;

  /** Elements of {@code choices} before the first event. */
  abstract List<Json.Content> opening();

  /** One element of {@code choices}, streamed. */
  abstract void delta(JsonGenerator json, GenerationEvent event) throws IOException;

  /** The whole answer. */
  final byte[] whole(List<Choice> choices) {
    return Json.bytes(
        json -> {
          head(json, wholeObject());
          versions(json);
          json.writeArrayFieldStart("choices");
          for (Choice choice : choices) {
            choice(json, choice);
          }
          json.writeEndArray();
          usage(json, generation.usage());
          json.writeEndObject();
        });
  }

  /**
   * One event with one choice; the first of a stream names the versions.
   *
   * @param usage absent: no field
   */
  final byte[] chunk(Json.Content choice, boolean first, StreamChoice stream) {
    return Json.event(
        json -> {
          head(json, chunkObject());
          if (first) {
            versions(json);
          }
          json.writeArrayFieldStart("choices");
          choice.write(json);
          json.writeEndArray();
          if (stream.continuousUsage()) {
            usage(json, generation.usage());
          } else if (stream.includeUsage()) {
            json.writeNullField("usage");
          }
          json.writeEndObject();
        });
  }

  /** The event that carries the usage, without choices. */
  final byte[] usageChunk() {
    return Json.event(
        json -> {
          head(json, chunkObject());
          json.writeArrayFieldStart("choices");
          json.writeEndArray();
          usage(json, generation.usage());
          json.writeEndObject();
        });
  }

  static void finish(JsonGenerator json, FinishReason reason, Optional<String> stopString)
      throws IOException {
    json.writeStringField(
        "finish_reason",
        switch (reason) {
          case STOP -> "stop";
          case LENGTH -> "length";
        });
    json.writeStringField("stop_reason", stopString.orElse(null));
  }

  /** The {@code choices} element of an event that ends nothing. */
  static void unfinished(JsonGenerator json) throws IOException {
    json.writeNullField("finish_reason");
  }

  private void head(JsonGenerator json, String object) throws IOException {
    ModelVersions versions = generation.versions();
    json.writeStartObject();
    json.writeStringField("id", generation.id());
    json.writeStringField("object", object);
    json.writeNumberField("created", generation.created().getEpochSecond());
    json.writeStringField("model", versions.name());
    json.writeStringField("system_fingerprint", "fp_" + versions.baseVersion().abbreviated());
  }

  private void versions(JsonGenerator json) throws IOException {
    ModelVersions versions = generation.versions();
    ContentHash adapter = versions.adapterVersion();
    json.writeObjectFieldStart("talchum");
    json.writeStringField("base", versions.baseName() + "@" + versions.baseVersion().abbreviated());
    json.writeStringField(
        "adapter", adapter == null ? null : versions.adapterName() + "@" + adapter.abbreviated());
    if (!versions.mix().isEmpty()) {
      json.writeArrayFieldStart("adapters");
      for (ModelVersions.Part part : versions.mix()) {
        json.writeStartObject();
        json.writeStringField("name", part.exactName());
        json.writeNumberField("weight", part.weight());
        json.writeEndObject();
      }
      json.writeEndArray();
    }
    json.writeEndObject();
  }

  private static void usage(JsonGenerator json, Usage usage) throws IOException {
    json.writeObjectFieldStart("usage");
    json.writeNumberField("prompt_tokens", usage.promptTokens());
    json.writeNumberField("completion_tokens", usage.completionTokens());
    json.writeNumberField("total_tokens", usage.totalTokens());
    if (usage.cachedTokens().isPresent()) {
      json.writeObjectFieldStart("prompt_tokens_details");
      json.writeNumberField("cached_tokens", usage.cachedTokens().getAsInt());
      json.writeEndObject();
    }
    if (usage.reasoningTokens().isPresent()) {
      json.writeObjectFieldStart("completion_tokens_details");
      json.writeNumberField("reasoning_tokens", usage.reasoningTokens().getAsInt());
      json.writeEndObject();
    }
    json.writeEndObject();
  }
}
