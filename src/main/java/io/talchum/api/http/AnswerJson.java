package io.talchum.api.http;

import io.talchum.core.ModelVersions;
import io.talchum.service.Choice;
import io.talchum.service.Generation;
import io.talchum.service.GenerationEvent;
import io.talchum.service.Usage;
import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Maps what chat and completion have in common. */
abstract sealed class AnswerJson permits ChatJson, CompletionJson {
  private final Source source;

  /**
   * What is answered.
   *
   * @param choices how many
   * @param usage up to now
   */
  record Source(
      String id, Instant created, ModelVersions versions, int choices, Supplier<Usage> usage) {
    static Source of(Generation generation) {
      return new Source(
          generation.id(),
          generation.created(),
          generation.versions(),
          generation.choices(),
          generation::usage);
    }
  }

  AnswerJson(Source source) {
    this.source = source;
  }

  /** The {@code object} of a whole answer. */
  abstract String wholeObject();

  /** The {@code object} of a streamed piece. */
  abstract String chunkObject();

  /** One element of {@code choices}, whole. */
  abstract Object choice(Choice choice);

  /** Elements of {@code choices} before the first event. */
  abstract List<?> opening();

  /** One element of {@code choices}, streamed. */
  abstract Object delta(GenerationEvent event);

  /** The whole answer. */
  final byte[] whole(List<Choice> choices) {
    return Json.bytes(
        document(wholeObject(), true, choices.stream().map(this::choice).toList(), usage()));
  }

  /** One event with one choice; the first of a stream names the versions. */
  final byte[] chunk(Object choice, boolean first, StreamChoice stream) {
    AnswerDocument.UsageField absentOrNull =
        stream.includeUsage() ? AnswerDocument.UsageField.NULL : null;
    return Json.event(
        document(
            chunkObject(),
            first,
            List.of(choice),
            stream.continuousUsage() ? usage() : absentOrNull));
  }

  /** The event that carries the usage, without choices. */
  final byte[] usageChunk() {
    return Json.event(document(chunkObject(), false, List.of(), usage()));
  }

  private AnswerDocument document(
      String object,
      boolean withVersions,
      List<?> choices,
      AnswerDocument.@Nullable UsageField usage) {
    ModelVersions versions = source.versions();
    return new AnswerDocument(
        source.id(),
        object,
        source.created().getEpochSecond(),
        versions.name(),
        "fp_" + versions.baseVersion().abbreviated(),
        withVersions ? AnswerDocument.Versions.of(versions) : null,
        choices,
        usage);
  }

  private AnswerDocument.UsageField usage() {
    return AnswerDocument.UsageField.of(source.usage().get());
  }
}
