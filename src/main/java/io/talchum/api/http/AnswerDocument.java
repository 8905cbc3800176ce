package io.talchum.api.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonValue;
import io.talchum.core.ContentHash;
import io.talchum.core.FinishReason;
import io.talchum.core.ModelVersions;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * An answer to chat or completion, whole or one event of its stream.
 *
 * @param talchum the exact versions; not in later events
 * @param choices {@link ChatChoice} or {@link CompletionChoice}
 * @param usage no field if null
 */
record AnswerDocument(
    String id,
    String object,
    long created,
    String model,
    @JsonProperty("system_fingerprint") String systemFingerprint,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Versions talchum,
    List<?> choices,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable UsageField usage) {

  /** Which base and adapters answered, each as NAME@VERSION. */
  record Versions(
      String base,
      @Nullable String adapter,
      @JsonInclude(JsonInclude.Include.NON_EMPTY) List<MixPart> adapters) {
    static Versions of(ModelVersions versions) {
      ContentHash adapter = versions.adapterVersion();
      return new Versions(
          versions.baseName() + "@" + versions.baseVersion().abbreviated(),
          adapter == null ? null : versions.adapterName() + "@" + adapter.abbreviated(),
          versions.mix().stream()
              .map(part -> new MixPart(part.exactName(), part.weight()))
              .toList());
    }
  }

  /** An adapter of a mix. */
  record MixPart(String name, double weight) {}

  /** The field's value, which may be null. */
  record UsageField(@JsonValue @Nullable Usage usage) {
    static final UsageField NULL = new UsageField(null);

    static UsageField of(io.talchum.service.Usage usage) {
      return new UsageField(
          new Usage(
              usage.promptTokens(),
              usage.completionTokens(),
              usage.totalTokens(),
              orNull(usage.cachedTokens()) instanceof Integer n ? new PromptDetails(n) : null,
              orNull(usage.reasoningTokens()) instanceof Integer n ? new Details(n) : null));
    }

    private static @Nullable Integer orNull(OptionalInt tokens) {
      return tokens.isPresent() ? (Integer) tokens.getAsInt() : null;
    }
  }

  /** Counts of tokens. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Usage(
      @JsonProperty("prompt_tokens") int promptTokens,
      @JsonProperty("completion_tokens") int completionTokens,
      @JsonProperty("total_tokens") int totalTokens,
      @JsonProperty("prompt_tokens_details") @Nullable PromptDetails promptTokensDetails,
      @JsonProperty("completion_tokens_details") @Nullable Details completionTokensDetails) {}

  /** Of the prompt's tokens. */
  record PromptDetails(@JsonProperty("cached_tokens") int cachedTokens) {}

  /** Of the completion's tokens. */
  record Details(@JsonProperty("reasoning_tokens") int reasoningTokens) {}

  /** How a choice ended, as {@code finish_reason} says it. */
  static String finishReason(FinishReason reason) {
    return switch (reason) {
      case STOP -> "stop";
      case LENGTH -> "length";
    };
  }
}
